// @ts-check
/**
 * Riders on a grid of screen pixels: each cell knows how many there are, of which kinds, and where their middle is. Who moves
 * touches the cell they leave and the one they come to, however many others there are; another zoom counts all of them anew.
 * @typedef {import("./riders.js").Group} Group
 * @typedef {{x: number, y: number, group: Group, isSuspected: boolean, cell: Cell}} Spot `x`, `y`: pixels of the world at zoom 0
 */

export const CELL_WIDE = 128; // what a group's own sign needs, with room around it
export const CELL_HIGH = 84;
const WORLD = 256;
const ROWS = 2 ** 22; // more than a cell's height leaves at the last zoom

/** What is counted of one cell. */
export class Cell {
  /** @type {Set<string>} */
  ids = new Set();
  x = 0; // sums, so that one rider is added or taken away without asking the others
  y = 0;
  free = 0;
  carrying = 0;
  break = 0;
  stale = 0;
  suspected = 0;

  /** @param {number} key @param {number} column @param {number} row */
  constructor(key, column, row) {
    this.key = key;
    this.column = column;
    this.row = row;
  }

  /** @param {Spot} spot @param {1 | -1} by */
  count(spot, by) {
    this.x += spot.x * by;
    this.y += spot.y * by;
    this[spot.group] += by;
    if (spot.isSuspected) this.suspected += by;
  }
}

export class Grid {
  /** @type {Map<number, Cell>} */
  #cells = new Map();
  /** @type {Map<string, Spot>} */
  #spots = new Map();
  #scale = 1;

  /** @param {number} zoom */
  zoomTo(zoom) {
    this.#scale = 2 ** zoom;
    this.#cells.clear();
    for (const [id, spot] of this.#spots) {
      spot.cell = this.#cellAt(spot.x, spot.y);
      spot.cell.ids.add(id);
      spot.cell.count(spot, 1);
    }
  }

  /**
   * Put a rider somewhere, or move the one of this id.
   * @param {string} id
   * @param {{lat: number, lon: number}} place
   * @param {Group} group
   * @param {boolean} isSuspected
   */
  put(id, { lat, lon }, group, isSuspected) {
    const known = this.#spots.get(id);
    const x = (lon / 360 + 0.5) * WORLD;
    const sine = Math.sin((lat * Math.PI) / 180);
    const y = (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * WORLD;
    const cell = this.#cellAt(x, y);
    if (known) {
      known.cell.count(known, -1);
      if (known.cell !== cell) this.#leave(id, known);
      Object.assign(known, { x, y, group, isSuspected, cell });
      cell.count(known, 1);
    } else {
      const spot = { x, y, group, isSuspected, cell };
      this.#spots.set(id, spot);
      cell.count(spot, 1);
    }
    cell.ids.add(id);
  }

  /** @param {string} id */
  drop(id) {
    const spot = this.#spots.get(id);
    if (!spot) return;
    this.#spots.delete(id);
    spot.cell.count(spot, -1);
    this.#leave(id, spot);
  }

  /** Return the cells that somebody is in and that this box of screen pixels touches. @param {{west: number, north: number, east: number, south: number}} box */
  within({ west, north, east, south }) {
    const found = [];
    for (let column = Math.floor(west / CELL_WIDE); column <= Math.floor(east / CELL_WIDE); column++)
      for (let row = Math.floor(north / CELL_HIGH); row <= Math.floor(south / CELL_HIGH); row++) {
        const cell = this.#cells.get(column * ROWS + row);
        if (cell) found.push(cell);
      }
    return found;
  }

  /**
   * Return where a cell's sign stands, in screen pixels: in the middle of those in it, as far as none covers the next one's.
   * @param {Cell} cell
   * @param {{wide: number, high: number}} sign
   */
  middle({ ids, x, y, column, row }, { wide, high }) {
    const within = (/** @type {number} */ at, /** @type {number} */ from, /** @type {number} */ size, /** @type {number} */ room) =>
      Math.round(Math.min(Math.max(at, from + room / 2), from + size - room / 2));
    const scale = this.#scale / ids.size;
    return { x: within(x * scale, column * CELL_WIDE, CELL_WIDE, wide), y: within(y * scale, row * CELL_HIGH, CELL_HIGH, high) };
  }

  /** @param {number} x @param {number} y */
  #cellAt(x, y) {
    const column = Math.floor((x * this.#scale) / CELL_WIDE);
    const row = Math.floor((y * this.#scale) / CELL_HIGH);
    const key = column * ROWS + row;
    let cell = this.#cells.get(key);
    if (!cell) this.#cells.set(key, (cell = new Cell(key, column, row)));
    return cell;
  }

  /** @param {string} id @param {Spot} spot */
  #leave(id, { cell }) {
    cell.ids.delete(id);
    if (!cell.ids.size) this.#cells.delete(cell.key);
  }
}
