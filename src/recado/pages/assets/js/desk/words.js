// @ts-check
import { has, t } from "../core/texts.js";

/** What is wrong with an order, in words. @param {{code: string, detail: string, item_id?: string | null}} problem @param {{id: string, name: string}[]} items */
export function problemText(problem, items) {
  const item = items.find((one) => one.id === problem.item_id)?.name;
  const key = `desk.wrong.${problem.code}`;
  return [has(key) ? t(key) : problem.detail, item].filter(Boolean).join(": ");
}
