// @ts-check

/** @type {Promise<any> | null} */
let loading = null;

/**
 * Load Leaflet and return `window.L`. It is a plain script of another time: it comes as a script element of ours, when a
 * page first needs a map, so that nothing waits for it.
 * @returns {Promise<any>}
 */
export function loadLeaflet() {
  loading ??= Promise.all([script("../../leaflet/leaflet.js"), style("../../leaflet/leaflet.css")]).then(() => /** @type {any} */ (window).L);
  loading.catch(() => (loading = null)); // tried again by whoever asks next
  return loading;
}

/** @param {string} path */
const script = (path) => added(Object.assign(document.createElement("script"), { src: here(path) }));

/** @param {string} path */
const style = (path) => added(Object.assign(document.createElement("link"), { rel: "stylesheet", href: here(path) }));

/** @param {string} path */
const here = (path) => new URL(path, import.meta.url).href;

/** @param {HTMLElement} element */
function added(element) {
  return new Promise((resolve, reject) => {
    element.onload = resolve;
    element.onerror = () => {
      element.remove();
      reject(new Error("Leaflet could not be loaded."));
    };
    document.head.append(element);
  });
}
