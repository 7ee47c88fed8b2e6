// @ts-check
/**
 * What the phone itself keeps, in IndexedDB: reports and positions that wait for signal, and the evening as it was last
 * known. It outlives a reload, a closed tab and an empty battery.
 */

const NAME = "recado-rider";
const VERSION = 1;

/**
 * A report as it was tapped. `body` is exactly what is sent, however often.
 * @typedef {object} Waiting
 * @property {number} [n] the order of the taps
 * @property {string} rider_id
 * @property {string} step the last part of the path: "pick-up", "incidents", …
 * @property {string} delivery_id
 * @property {number | null} short_number
 * @property {{report_id: string, occurred_at: string} & Record<string, any>} body
 */

/** @typedef {{device_at: number, lat: number, lon: number, accuracy_m: number} & Record<string, any>} Ping */

export class Shelf {
  /** Whether what is put here survives the tab. */
  isKept = true;
  #database;

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.#database = database;
  }

  /** Keep a report, for certain: returns once it is on the disk. @param {Waiting} report */
  async addReport(report) {
    return await this.#run("reports", "readwrite", (reports) => reports.add(report));
  }

  /** All that wait, in the order of the taps. @returns {Promise<Waiting[]>} */
  async listReports() {
    return await this.#run("reports", "readonly", (reports) => reports.getAll());
  }

  /** @param {number} n */
  async dropReport(n) {
    await this.#run("reports", "readwrite", (reports) => reports.delete(n));
  }

  /** Keep a ping; the one with the same instant is replaced. @param {Ping} ping */
  async addPing(ping) {
    await this.#run("pings", "readwrite", (pings) => pings.put(ping));
  }

  /** All that wait, the oldest first. @returns {Promise<Ping[]>} */
  async listPings() {
    return await this.#run("pings", "readonly", (pings) => pings.getAll());
  }

  async countPings() {
    return await this.#run("pings", "readonly", (pings) => pings.count());
  }

  /** @param {number[]} instants */
  async dropPings(instants) {
    await this.#run("pings", "readwrite", (pings) => instants.map((at) => pings.delete(at)).at(-1) ?? pings.count());
  }

  /** @param {string} name @returns {Promise<any>} */
  async recall(name) {
    return await this.#run("memory", "readonly", (memory) => memory.get(name));
  }

  /** @param {string} name @param {unknown} value */
  async remember(name, value) {
    await this.#run("memory", "readwrite", (memory) => memory.put(value, name));
  }

  /**
   * @param {string} name
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest} work
   * @returns {Promise<any>}
   */
  #run(name, mode, work) {
    return new Promise((resolve, reject) => {
      // Strict: written through to the disk, as the phone may die at any moment.
      const transaction = this.#database.transaction(name, mode, { durability: name === "reports" ? "strict" : "default" });
      const request = work(transaction.objectStore(name));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error ?? request.error);
    });
  }
}

/** The same where a browser keeps nothing, as in some private windows: it works as long as the tab is open. */
export class LooseShelf {
  isKept = false;
  #n = 0;
  /** @type {Map<number, Waiting>} */
  #reports = new Map();
  /** @type {Map<number, Ping>} */
  #pings = new Map();
  /** @type {Map<string, unknown>} */
  #memory = new Map();

  /** @param {Waiting} report */
  async addReport(report) {
    this.#n += 1;
    this.#reports.set(this.#n, { ...report, n: this.#n });
    return this.#n;
  }

  async listReports() {
    return [...this.#reports.values()];
  }

  /** @param {number} n */
  async dropReport(n) {
    this.#reports.delete(n);
  }

  /** @param {Ping} ping */
  async addPing(ping) {
    this.#pings.set(ping.device_at, ping);
  }

  async listPings() {
    return [...this.#pings.values()].sort((one, other) => one.device_at - other.device_at);
  }

  async countPings() {
    return this.#pings.size;
  }

  /** @param {number[]} instants */
  async dropPings(instants) {
    instants.forEach((at) => this.#pings.delete(at));
  }

  /** @param {string} name */
  async recall(name) {
    return this.#memory.get(name);
  }

  /** @param {string} name @param {unknown} value */
  async remember(name, value) {
    this.#memory.set(name, value);
  }
}

/** Open this phone's shelf. @returns {Promise<Shelf | LooseShelf>} */
export async function openShelf() {
  try {
    const database = await open();
    navigator.storage?.persist?.().catch(() => {}); // so that a full phone clears others first
    return new Shelf(database);
  } catch {
    return new LooseShelf();
  }
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("reports", { keyPath: "n", autoIncrement: true });
      request.result.createObjectStore("pings", { keyPath: "device_at" });
      request.result.createObjectStore("memory");
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("Another tab holds an older shelf."));
  });
}
