// Opens pages without a network. Files under the build's hash never change: kept when they are first seen. Pages are asked for
// first and taken from what was kept only where nobody answers. What /v1 answers is never kept here: a page that wants to
// remember an answer does it itself.
const KEPT = `recado-${BUILD}`;
const PATIENCE_MS = 4_000;
const FILE = /"(\/assets\/[^"]+)"/g;

self.addEventListener("install", (event) => event.waitUntil(moveIn()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("message", (event) => {
  if (event.data?.type === "keep") event.waitUntil(keep(event.data.path));
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname.startsWith("/assets/")) event.respondWith(file(request));
  else if (request.mode === "navigate" && !pathname.startsWith("/v1/")) event.respondWith(page(request, pathname));
});

/** A new build keeps the pages that the one before kept. */
async function moveIn() {
  const paths = new Set(["/"]);
  for (const name of await caches.keys()) {
    for (const kept of await (await caches.open(name)).keys()) {
      const { pathname } = new URL(kept.url);
      if (!pathname.startsWith("/assets/")) paths.add(pathname);
    }
  }
  await Promise.allSettled([...paths].map(keep));
  await self.skipWaiting();
}

async function takeOver() {
  for (const name of await caches.keys()) {
    if (name.startsWith("recado-") && name !== KEPT) await caches.delete(name);
  }
  await self.clients.claim();
}

/** Keep a page and all the files it names. */
async function keep(path) {
  const cache = await caches.open(KEPT);
  const answer = await fetch(path, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const html = await answer.clone().text();
  await cache.put(shelf(path), answer);
  for (const [, url] of html.matchAll(FILE)) {
    if (!(await cache.match(url))) await cache.add(url);
  }
}

/** Every share link opens the same page. */
function shelf(path) {
  return path.startsWith("/t/") ? "/t/" : path;
}

async function file(request) {
  const cache = await caches.open(KEPT);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && request.url.includes(`/assets/${BUILD}/`)) await cache.put(request, answer.clone());
  return answer;
}

async function page(request, path) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE_MS);
  try {
    return await fetch(request, { signal: stop.signal });
  } catch (error) {
    const kept = await (await caches.open(KEPT)).match(shelf(path));
    if (kept) return kept;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
