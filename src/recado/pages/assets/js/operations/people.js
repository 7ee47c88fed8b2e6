// @ts-check
import { byId, fill, h, icon, keyed, say, show } from "../core/dom.js";
import { announce } from "../core/live.js";
import { explain, number, plural, t } from "../core/texts.js";
import { seen } from "./riders.js";
import { GROUPS, left, placeOf, seenText } from "./words.js";

/**
 * The riders as a list beside the map, for whoever does not see it, or looks for somebody: by kind and by name, fifty at a time.
 * @typedef {import("./riders.js").Rider} Rider
 * @typedef {"all" | "off" | (typeof GROUPS)[number]} Kind
 */

const ROWS = 50;
/** @type {Kind[]} */
const KINDS = ["all", ...GROUPS, "off"];

export class People {
  /** @type {Kind} */
  #kind = "all";
  #from = 0;
  /** Those whom a group on the map stood for, while it is looked into. @type {Set<string> | null} */
  #together = null;
  /** @type {{riders: any[], cursors: string[], next: string | null} | null} */
  #off = null;
  #chosen = "";
  /** @type {WeakMap<HTMLElement, string>} */
  #drawn = new WeakMap();

  /**
   * @param {() => import("./town.js").Town | null} town the city that is open
   * @param {(id: string) => void} onChoose
   */
  constructor(town, onChoose) {
    this.town = town;
    this.onChoose = onChoose;
    this.find = /** @type {HTMLInputElement} */ (byId("find-rider"));
    this.find.addEventListener("input", () => this.#again());
    byId("riders-before").addEventListener("click", () => this.#turn(-1));
    byId("riders-after").addEventListener("click", () => this.#turn(1));
    byId("together").addEventListener("click", () => this.only(null));
    fill(byId("kinds"), ...KINDS.map((kind) => h("button", { class: "chip", dataset: { kind }, "aria-pressed": kind === this.#kind, onclick: () => this.choose(kind) })));
  }

  /** Another city is open. */
  reset() {
    this.#off = this.#together = null;
    this.find.value = "";
    this.choose("all");
  }

  /** @param {Kind} kind */
  choose(kind) {
    this.#kind = kind;
    this.#together = null;
    for (const chip of byId("kinds").children) chip.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (chip).dataset.kind === kind));
    if (kind === "off") this.#readOff([""]);
    this.#again();
  }

  /** Show only these, or everybody again. @param {string[] | null} ids */
  only(ids) {
    this.choose("all");
    this.#together = ids && new Set(ids);
    this.#again();
    if (ids) announce(plural("operations.together", ids.length));
  }

  /** Somebody of the list who is not on shift. @param {string} id @returns {Rider | undefined} */
  off = (id) => this.#off?.riders.find(({ rider_id }) => rider_id === id);

  /** @param {string} chosen */
  draw(chosen = this.#chosen) {
    this.#chosen = chosen;
    const town = this.town();
    if (!town) return;
    say(byId("riders-count"), number(town.riders.size));
    if (!byId("riders").checkVisibility()) return;
    this.#drawKinds(town);
    const isOff = this.#kind === "off";
    const found = isOff ? (this.#off?.riders ?? []) : this.#found(town);
    if (this.#from >= found.length) this.#from = 0;
    const rows = isOff ? found : found.slice(this.#from, this.#from + ROWS);
    show(byId("no-riders"), rows.length === 0 && !(isOff && !this.#off));
    keyed(byId("rider-list"), rows, {
      key: (rider) => rider.rider_id,
      create: (rider) => h("li", {}, h("button", { class: "line", onclick: () => this.onChoose(rider.rider_id) })),
      update: (element, rider) => this.#drawRow(/** @type {HTMLElement} */ (element.firstElementChild), rider, rider.rider_id === chosen),
    });
    const isBefore = isOff ? (this.#off?.cursors.length ?? 0) > 1 : this.#from > 0;
    const isAfter = isOff ? Boolean(this.#off?.next) : this.#from + ROWS < found.length;
    show(byId("riders-pages"), isBefore || isAfter);
    byId("riders-before").toggleAttribute("disabled", !isBefore);
    byId("riders-after").toggleAttribute("disabled", !isAfter);
    say(byId("riders-shown"), isOff ? "" : t("operations.shown", { from: number(this.#from + 1), to: number(this.#from + rows.length), all: number(found.length) }));
  }

  /** @param {import("./town.js").Town} town */
  #drawKinds(town) {
    const tally = town.riders.tally();
    for (const chip of /** @type {Iterable<HTMLElement>} */ (byId("kinds").children)) {
      const kind = /** @type {Kind} */ (chip.dataset.kind);
      const name = t(`operations.kind.${kind}`);
      const said = kind === "off" ? name : `${name} ${number(tally[kind])}`;
      if (this.#drawn.get(chip) === said) continue;
      this.#drawn.set(chip, said);
      fill(chip, kind === "all" || kind === "off" ? null : h("span", { class: "group-dot", dataset: { group: kind } }), name, kind === "off" ? null : h("span", { class: "chip-count" }, number(tally[kind])));
    }
    show(byId("together"), this.#together !== null);
    if (this.#together) say(byId("together-text"), plural("operations.together", this.#together.size));
  }

  /** @param {import("./town.js").Town} town */
  #found(town) {
    const wanted = this.find.value.trim().toLocaleLowerCase();
    const kind = this.#kind;
    const together = this.#together;
    return town.riders.sorted().filter(
      (rider) =>
        (kind === "all" || (kind === "suspected" ? Boolean(rider.is_suspected) : rider.group === kind)) &&
        (!together || together.has(rider.rider_id)) &&
        (!wanted || rider.name.toLocaleLowerCase().includes(wanted)),
    );
  }

  /** @param {HTMLElement} line @param {Rider} rider @param {boolean} isChosen */
  #drawRow(line, rider, isChosen) {
    const isOff = this.#kind === "off";
    const last = seenText(rider);
    const end = rider.planned_end_at ? left(rider.planned_end_at) : "";
    const drawn = [rider.name, rider.vehicle, rider.state, rider.group, rider.is_suspected, rider.in_hand, rider.stops_left, rider.misses_in_row, last, end, isChosen, isOff].join("|");
    if (this.#drawn.get(line) === drawn) return;
    this.#drawn.set(line, drawn);
    const isSilent = rider.group === "stale";
    line.dataset.urgency = rider.is_suspected || (isSilent && rider.in_hand) ? "soon" : "calm";
    line.setAttribute("aria-current", String(isChosen));
    fill(
      line,
      icon(rider.vehicle),
      h("span", { class: "line-place strong" }, rider.name),
      h("span", { class: "row-badges" }, rider.is_suspected ? h("span", { class: "badge badge-alert" }, t("operations.suspected")) : null, isSilent ? h("span", { class: "badge badge-warn" }, t("operations.silent")) : null, h("span", { class: "badge" }, t(`operations.state.${isOff ? "off" : rider.state}`))),
      h(
        "span",
        { class: "line-why" },
        rider.in_hand ? h("span", {}, plural("operations.stops", rider.stops_left)) : null,
        h("span", {}, last),
        end ? h("span", {}, t("operations.shift_ends", { span: end })) : null,
        rider.misses_in_row ? h("strong", {}, plural("operations.misses", rider.misses_in_row)) : null,
        placeOf(rider) || isOff ? null : h("span", {}, t("operations.not_on_map")),
      ),
    );
  }

  /** @param {1 | -1} by */
  #turn(by) {
    byId("riders").scrollTop = 0;
    if (this.#kind !== "off") this.#from = Math.max(0, this.#from + by * ROWS);
    else if (this.#off) this.#readOff(by > 0 ? [...this.#off.cursors, this.#off.next ?? ""] : this.#off.cursors.slice(0, -1));
    this.draw();
  }

  #again() {
    this.#from = 0;
    this.draw();
  }

  /** @param {string[]} cursors of the pages before this one, and its own */
  async #readOff(cursors) {
    const town = this.town();
    if (!town) return;
    try {
      const page = await town.readOff(cursors[cursors.length - 1]);
      if (town !== this.town()) return;
      const riders = page.riders.map((/** @type {any} */ rider) => ({ ...rider, position: rider.position && seen(rider.position) }));
      this.#off = { riders, cursors, next: page.next_cursor };
    } catch (error) {
      announce(explain(error));
    }
    this.draw();
  }
}
