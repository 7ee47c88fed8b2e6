// @ts-check

/**
 * The streets of the city as `GET /v1/map` serves them, drawn on canvas tiles: crisp at every zoom, light on the wire.
 *
 * @typedef {{attribution: string, names: string[], groups: {street_class: string, is_tunnel: boolean, names: number[], lines: string[]}[]}} Drawing
 * @typedef {{points: Float64Array, west: number, north: number, east: number, south: number, name: string, length: number}} Line
 * @typedef {{look: Look, streetClass: string, isTunnel: boolean, lines: Line[]}} Group
 * @typedef {{rank: number, from: number, width: number, colour: string, isDashed?: boolean, namedFrom: number}} Look
 */

/** Pixels of the whole world at zoom 0: the unit of all points here. */
const WORLD = 256;
const CASED_FROM = 15;
const WIDTHS_AT = 16;
const LETTERS_PX = 12;
const FONT = `600 ${LETTERS_PX}px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif`;
const NAMES_APART_PX = 420;
const TRIED = [0.5, 0.35, 0.65, 0.2, 0.8]; // of a stretch: where its name may stand, the middle first

/** @type {Record<string, Look>} what is drawn from which zoom, how wide at 16, and from which zoom its name is written */
const LOOKS = {
  steps: { rank: 0, from: 16, width: 1.6, colour: "path", isDashed: true, namedFrom: 18 },
  path: { rank: 0, from: 16, width: 1.2, colour: "path", isDashed: true, namedFrom: 18 },
  cycleway: { rank: 0, from: 16, width: 1.6, colour: "path", namedFrom: 18 },
  service: { rank: 1, from: 15, width: 2.4, colour: "street", namedFrom: 18 },
  pedestrian: { rank: 2, from: 14, width: 4.5, colour: "pedestrian", namedFrom: 16 },
  living_street: { rank: 2, from: 14, width: 4, colour: "street", namedFrom: 17 },
  residential: { rank: 3, from: 13, width: 5, colour: "street", namedFrom: 16 },
  tertiary: { rank: 4, from: 11, width: 6.5, colour: "street", namedFrom: 15 },
  secondary: { rank: 5, from: 0, width: 7.5, colour: "avenue", namedFrom: 15 },
  primary: { rank: 6, from: 0, width: 8, colour: "avenue", namedFrom: 15 },
  trunk: { rank: 7, from: 0, width: 8, colour: "road", namedFrom: 15 },
  motorway: { rank: 8, from: 0, width: 9, colour: "road", namedFrom: 15 },
};
const COLOURS = ["ground", "casing", "street", "avenue", "road", "pedestrian", "path", "name", "halo"];

/** All lines that have come so far, and where names stand at each zoom. */
export class Streets {
  constructor() {
    /** @type {Group[]} */
    this.groups = [];
    /** @type {Map<number, Name[]>} */
    this.placed = new Map();
  }

  /** @param {Drawing} drawing */
  add(drawing) {
    for (const { street_class, is_tunnel, names, lines } of drawing.groups) {
      const look = LOOKS[street_class];
      if (!look) continue; // of a newer server
      const read = lines.map((line, i) => decoded(line, drawing.names[names[i]]));
      this.groups.push({ look, streetClass: street_class, isTunnel: is_tunnel, lines: read });
    }
    this.groups.sort((a, b) => Number(b.isTunnel) - Number(a.isTunnel) || a.look.rank - b.look.rank);
    this.placed.clear();
  }

  /**
   * Draw the square of the map that begins at these pixels of this zoom.
   * @param {CanvasRenderingContext2D} pen
   * @param {{x: number, y: number, size: number, zoom: number}} square
   * @param {Record<string, string>} colours
   */
  draw(pen, { x, y, size, zoom }, colours) {
    const scale = 2 ** zoom;
    const margin = 16 / scale;
    const box = { west: x / scale - margin, north: y / scale - margin, east: (x + size) / scale + margin, south: (y + size) / scale + margin };
    const seen = this.groups
      .filter(({ look }) => zoom >= look.from)
      .map((group) => ({ ...group, lines: group.lines.filter((line) => touches(line, box)) }))
      .filter(({ lines }) => lines.length);
    pen.lineCap = "round";
    pen.lineJoin = "round";
    for (const isTunnel of [true, false]) {
      const layer = seen.filter((group) => group.isTunnel === isTunnel);
      if (zoom >= CASED_FROM) for (const group of layer) if (!group.look.isDashed) stroke(pen, group, { x, y, scale, zoom, colour: colours.casing, more: 2 });
      for (const group of layer) stroke(pen, group, { x, y, scale, zoom, colour: colours[group.look.colour], more: 0 });
    }
    for (const name of this.names(zoom, pen)) if (touches(name, box)) write(pen, name, { x, y, scale }, colours);
  }

  /** Return where names stand at this zoom: along straight stretches, none over another. @param {number} zoom @param {CanvasRenderingContext2D} pen */
  names(zoom, pen) {
    const known = this.placed.get(zoom);
    if (known) return known;
    const placed = place(this.groups, zoom, pen);
    this.placed.set(zoom, placed);
    return placed;
  }
}

/** Return the colours that the style sheet gives a map, in light or in dark. @param {HTMLElement} element */
export function coloursOf(element) {
  const style = getComputedStyle(element);
  return Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue(`--map-${name}`).trim()]));
}

/** Return a layer for Leaflet. @param {any} L @param {Streets} streets @param {() => Record<string, string>} colours */
export function streetLayer(L, streets, colours) {
  const Layer = L.GridLayer.extend({
    /** @param {{x: number, y: number, z: number}} at */
    createTile(at) {
      const tile = document.createElement("canvas");
      const size = /** @type {any} */ (this).getTileSize().x;
      const dense = Math.min(devicePixelRatio || 1, 2);
      tile.width = tile.height = size * dense;
      const pen = tile.getContext("2d");
      if (pen) {
        pen.scale(dense, dense);
        streets.draw(pen, { x: at.x * size, y: at.y * size, size, zoom: at.z }, colours());
      }
      return tile;
    },
  });
  return new Layer({ className: "map-streets", updateWhenZooming: false });
}

/** @param {{west: number, north: number, east: number, south: number}} a @param {{west: number, north: number, east: number, south: number}} b */
const touches = (a, b) => a.west <= b.east && a.east >= b.west && a.north <= b.south && a.south >= b.north;

/** @param {number} width @param {number} zoom */
const widthAt = (width, zoom) => Math.max(0.8, width * 2 ** ((zoom - WIDTHS_AT) * 0.8));

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Group} group
 * @param {{x: number, y: number, scale: number, zoom: number, colour: string, more: number}} how
 */
function stroke(pen, { look, isTunnel, lines }, { x, y, scale, zoom, colour, more }) {
  const width = widthAt(look.width, zoom);
  pen.beginPath();
  for (const { points } of lines) {
    pen.moveTo(points[0] * scale - x, points[1] * scale - y);
    for (let i = 2; i < points.length; i += 2) pen.lineTo(points[i] * scale - x, points[i + 1] * scale - y);
  }
  pen.lineWidth = width + more;
  pen.strokeStyle = colour;
  pen.globalAlpha = isTunnel ? 0.45 : 1;
  pen.setLineDash(look.isDashed ? [3 * width, 2.2 * width] : []);
  pen.stroke();
  pen.globalAlpha = 1;
  pen.setLineDash([]);
}

/** Read an encoded polyline of five decimals into points of the world at zoom 0. @param {string} text @param {string} name @returns {Line} */
export function decoded(text, name) {
  /** @type {number[]} */
  const numbers = [];
  for (let i = 0, value = 0, shift = 0; i < text.length; i++) {
    const five = text.charCodeAt(i) - 63;
    value |= (five & 0x1f) << shift;
    shift += 5;
    if (five >= 0x20) continue;
    numbers.push(value & 1 ? ~(value >> 1) : value >> 1);
    value = shift = 0;
  }
  const points = new Float64Array(numbers.length);
  const line = { points, west: Infinity, north: Infinity, east: -Infinity, south: -Infinity, name, length: 0 };
  for (let i = 0, lat = 0, lon = 0; i < numbers.length; i += 2) {
    lat += numbers[i];
    lon += numbers[i + 1];
    const sine = Math.sin((lat / 1e5) * (Math.PI / 180));
    const px = (points[i] = ((lon / 1e5 + 180) / 360) * WORLD);
    const py = (points[i + 1] = (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * WORLD);
    line.west = Math.min(line.west, px);
    line.east = Math.max(line.east, px);
    line.north = Math.min(line.north, py);
    line.south = Math.max(line.south, py);
    if (i) line.length += Math.hypot(px - points[i - 2], py - points[i - 1]);
  }
  return line;
}

/** @typedef {{text: string, x: number, y: number, turn: number, west: number, north: number, east: number, south: number}} Name */

/** @param {Group[]} groups @param {number} zoom @param {CanvasRenderingContext2D} pen @returns {Name[]} */
function place(groups, zoom, pen) {
  const scale = 2 ** zoom;
  const lines = groups
    .filter(({ look, isTunnel }) => zoom >= look.namedFrom && !isTunnel)
    .flatMap(({ look, lines }) => lines.filter(({ name }) => name).map((line) => ({ line, rank: look.rank })))
    .sort((a, b) => b.rank - a.rank || b.line.length - a.line.length);
  /** @type {Name[]} */
  const names = [];
  const taken = new Taken(scale);
  pen.font = FONT;
  /** @type {Map<string, number>} */
  const widths = new Map();
  for (const { line } of lines) {
    let wide = widths.get(line.name);
    if (wide === undefined) widths.set(line.name, (wide = pen.measureText(line.name).width));
    const free = line.length * scale - wide;
    if (free < 12) continue;
    const count = Math.max(1, Math.floor((line.length * scale) / NAMES_APART_PX));
    for (let i = 0; i < count; i++) {
      for (const share of TRIED) {
        const name = along(line, ((i + share) / count) * line.length, wide / scale, LETTERS_PX / scale);
        if (!name || !taken.take(name)) continue;
        names.push(name);
        break;
      }
    }
  }
  return names;
}

/** Return the name around this place of the line, or null where the line bends below it. @param {Line} line @param {number} middle @param {number} wide @param {number} high @returns {Name | null} */
function along({ points, name }, middle, wide, high) {
  const [a, m, b] = [at(points, middle - wide / 2), at(points, middle), at(points, middle + wide / 2)];
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const straight = Math.hypot(dx, dy);
  if (straight < wide * 0.94) return null;
  const off = Math.abs((m[0] - a[0]) * dy - (m[1] - a[1]) * dx) / straight;
  if (off > high * 0.5) return null;
  const turn = Math.atan2(dx < 0 ? -dy : dy, Math.abs(dx));
  const halfWide = (Math.abs(dx) + high) / 2;
  const halfHigh = (Math.abs(dy) + high) / 2;
  const [x, y] = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  return { text: name, x, y, turn, west: x - halfWide, east: x + halfWide, north: y - halfHigh, south: y + halfHigh };
}

/** @param {Float64Array} points @param {number} distance @returns {[number, number]} */
function at(points, distance) {
  let left = distance;
  for (let i = 2; i < points.length; i += 2) {
    const [dx, dy] = [points[i] - points[i - 2], points[i + 1] - points[i - 1]];
    const step = Math.hypot(dx, dy);
    if (left <= step || i === points.length - 2) {
      const share = step ? Math.min(left / step, 1) : 0;
      return [points[i - 2] + dx * share, points[i - 1] + dy * share];
    }
    left -= step;
  }
  return [points[0], points[1]];
}

/** Where names stand already, looked up by squares of 128 pixels. */
class Taken {
  /** @param {number} scale */
  constructor(scale) {
    this.square = 128 / scale;
    this.apart = 90 / scale;
    /** @type {Map<string, Name[]>} */
    this.squares = new Map();
  }

  /** Take the place, unless another name is there or the same is near. @param {Name} name */
  take(name) {
    const wide = { west: name.west - this.apart, east: name.east + this.apart, north: name.north - this.apart, south: name.south + this.apart };
    for (const other of this.near(wide)) if (touches(other, name) || (other.text === name.text && touches(other, wide))) return false;
    for (const key of this.keys(name)) this.squares.set(key, [...(this.squares.get(key) ?? []), name]);
    return true;
  }

  /** @param {{west: number, north: number, east: number, south: number}} box */
  *near(box) {
    for (const key of this.keys(box)) yield* this.squares.get(key) ?? [];
  }

  /** @param {{west: number, north: number, east: number, south: number}} box */
  *keys({ west, north, east, south }) {
    for (let column = Math.floor(west / this.square); column <= Math.floor(east / this.square); column++)
      for (let row = Math.floor(north / this.square); row <= Math.floor(south / this.square); row++) yield `${column} ${row}`;
  }
}

/** @param {CanvasRenderingContext2D} pen @param {Name} name @param {{x: number, y: number, scale: number}} square @param {Record<string, string>} colours */
function write(pen, name, { x, y, scale }, colours) {
  pen.save();
  pen.translate(name.x * scale - x, name.y * scale - y);
  pen.rotate(name.turn);
  pen.font = FONT;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineWidth = 3.5;
  pen.strokeStyle = colours.halo;
  pen.strokeText(name.text, 0, 0);
  pen.fillStyle = colours.name;
  pen.fillText(name.text, 0, 0);
  pen.restore();
}
