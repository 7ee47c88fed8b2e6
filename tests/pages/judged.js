/**
 * Find what is on the page and was never judged: an element is as its way from the root is, by tags, classes, roles, states
 * and which attributes there are at all. Words do not count, so that a page is judged once and not in each language.
 * Leaves the topmost new elements in `window.unjudged`; returns what is here, whether the page itself is
 * new, and whether axe is there already.
 */
(known) => {
  const VALUED = /^(class|role|type|aria-(?!label|labelledby|describedby|controls|owns|activedescendant|valuenow|valuetext).*|data-(page|state|tone|urgency|how|view|over|late|kind|empty|sold|waits|situation|many))$/;
  const judged = new Set(known);
  const here = new Set();
  const unjudged = [];
  const hash = (before, text) => {
    let sum = before;
    for (let at = 0; at < text.length; at += 1) sum = Math.imul(sum ^ text.charCodeAt(at), 16777619);
    return sum >>> 0;
  };
  const look = (element, way, isInNew) => {
    if (!element.checkVisibility()) return;
    const attributes = [...element.attributes].map(({ name, value }) => (VALUED.test(name) ? `${name}=${value}` : name));
    const mine = hash(way, `${element.tagName} ${attributes.sort().join(" ")}`);
    const isNew = !judged.has(mine);
    here.add(mine);
    if (isNew && !isInNew) unjudged.push(element);
    if (element.tagName !== "svg") for (const child of element.children) look(child, mine, isInNew || isNew);
  };
  look(document.documentElement, 2166136261, false);
  window.unjudged = unjudged;
  return [[...here], unjudged[0] === document.documentElement, Boolean(window.axe)];
};
