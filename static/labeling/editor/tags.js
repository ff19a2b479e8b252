// Where name tags stand: above the shape, below when that place is taken, inside its corner when both are. Pure but for
// the width of text, which the browser measures once a name.

const HEIGHT = 18;
const widths = new Map();
let pen = null;

export function tagWidth(text) {
  if (!widths.has(text)) {
    if (!pen) {
      pen = document.createElement('canvas').getContext('2d');
      pen.font = `600 11px ${getComputedStyle(document.body).fontFamily}`;
    }
    widths.set(text, Math.ceil(pen.measureText(text).width) + 12);
  }
  return widths.get(text);
}

const meets = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + HEIGHT && b.y < a.y + HEIGHT;

/** Above this many shapes, names that would cover another one are left out instead of searched a place for. */
const MANY = 300;

function placeWhereFree(items, scale) {
  const cells = new Set();
  const places = new Map();
  for (const { id, text, bounds: [x0, y0] } of items) {
    const x = x0 * scale;
    const y = y0 * scale - HEIGHT;
    const mine = [];
    for (let column = Math.floor(x / HEIGHT); column <= Math.floor((x + tagWidth(text)) / HEIGHT); column += 1) {
      mine.push(`${column}:${Math.floor(y / HEIGHT)}`, `${column}:${Math.floor((y + HEIGHT - 1) / HEIGHT)}`);
    }
    if (mine.some((cell) => cells.has(cell))) continue;
    mine.forEach((cell) => cells.add(cell));
    places.set(id, [x / scale, y / scale]);
  }
  return places;
}

/**
 * items: {id, text, bounds}, bounds in picture pixels, the most wanted first; scale: screen pixels a picture pixel; top:
 * the highest screen y. Gives id → [x, y], the upper left corner of the tag in picture pixels.
 */
export function placeTags(items, scale, top = -Infinity) {
  if (items.length > MANY) return placeWhereFree(items, scale);
  const taken = [];
  const places = new Map();
  const edges = items.map(({ id, bounds: [x0, y0, x1] }) => ({ id, x: x0 * scale, w: (x1 - x0) * scale, y: y0 * scale }));
  for (const { id, text, bounds: [x0, y0, , y1] } of items) {
    const width = tagWidth(text);
    const tries = [y0 * scale - HEIGHT, y1 * scale, y0 * scale].map((y) => ({ x: x0 * scale, y, w: width }));
    const crossesEdge = (spot) => edges.some((edge) => edge.id !== id && edge.x < spot.x + width && spot.x < edge.x + edge.w
      && edge.y > spot.y && edge.y < spot.y + HEIGHT);
    const isFree = (spot) => spot.y >= top && !taken.some((other) => meets(spot, other));
    const spot = tries.find((one) => isFree(one) && !crossesEdge(one)) || tries.find(isFree) || tries[0];
    taken.push(spot);
    places.set(id, [spot.x / scale, spot.y / scale]);
  }
  return places;
}
