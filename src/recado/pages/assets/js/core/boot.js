// @ts-check
/**
 * What the server told this page: its name, the role it speaks as, its language and its texts.
 * @type {{page: string, role: string | null, language: string, build: string, texts: Record<string, string>}}
 */
export const boot = JSON.parse(document.getElementById("boot")?.textContent || "{}");
