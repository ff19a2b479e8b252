// Shapes in picture pixels, pure. box [x_min, y_min, x_max, y_max] · polygon and polyline [[x, y], …] · point [x, y].
// A polygon may also be {rings: [ring, …]}; vertices are named by ring and index so that both read alike.

export const round = (number) => Math.round(number * 100) / 100;
const clamp = (number, low, high) => Math.min(Math.max(number, low), high);

export function insidePicture([x, y], size) {
  return [round(clamp(x, 0, size.width)), round(clamp(y, 0, size.height))];
}

/** The box between two corners, whichever way it was drawn. */
export function boxBetween(a, b) {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1])].map(round);
}

export function ringsOf(value) {
  return Array.isArray(value) ? [value] : value.rings;
}

function withRings(value, rings) {
  return Array.isArray(value) ? rings[0] : { rings };
}

function verticesOf(kind, value) {
  if (kind === 'box') return [[value[0], value[1]], [value[2], value[3]]];
  return kind === 'point' ? [value] : ringsOf(value).flat();
}

/** [x_min, y_min, x_max, y_max] around any shape. */
export function boundsOf(kind, value) {
  const bounds = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of verticesOf(kind, value)) {
    bounds[0] = Math.min(bounds[0], x);
    bounds[1] = Math.min(bounds[1], y);
    bounds[2] = Math.max(bounds[2], x);
    bounds[3] = Math.max(bounds[3], y);
  }
  return bounds;
}

export function overlaps(a, b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

export function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

function distanceToSegment(p, a, b) {
  const length = (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2;
  const along = length ? clamp(((p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])) / length, 0, 1) : 0;
  return distance(p, [a[0] + along * (b[0] - a[0]), a[1] + along * (b[1] - a[1])]);
}

/** Even-odd over all rings, as the server measures it. */
function isInside(p, rings) {
  let inside = false;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
      const [xi, yi] = ring[i];
      const [xj, yj] = ring[j];
      if (yi > p[1] !== yj > p[1] && p[0] < ((xj - xi) * (p[1] - yi)) / (yj - yi) + xi) inside = !inside;
    }
  }
  return inside;
}

/** The edges of a polygon or polyline: {ring, index, a, b}; a new vertex on an edge goes to index + 1. */
function edgesOf(kind, value) {
  return ringsOf(value).flatMap((ring, number) => ring.slice(0, kind === 'polygon' ? ring.length : -1)
    .map((a, index) => ({ ring: number, index, a, b: ring[(index + 1) % ring.length] })));
}

function touches(kind, value, p, tolerance) {
  if (kind === 'point') return distance(p, value) <= tolerance;
  const [x0, y0, x1, y1] = boundsOf(kind, value);
  if (p[0] < x0 - tolerance || p[0] > x1 + tolerance || p[1] < y0 - tolerance || p[1] > y1 + tolerance) return false;
  if (kind === 'box') return true;
  if (kind === 'polygon' && isInside(p, ringsOf(value))) return true;
  return edgesOf(kind, value).some(({ a, b }) => distanceToSegment(p, a, b) <= tolerance);
}

function size(kind, value) {
  if (kind === 'point' || kind === 'polyline') return 0;
  const [x0, y0, x1, y1] = boundsOf(kind, value);
  return (x1 - x0) * (y1 - y0);
}

/** The object under a place: the smallest one, so that a box inside a box can be reached. */
export function objectAt(objects, p, tolerance) {
  let best = null;
  for (const object of objects) {
    if (!touches(object.kind, object.value, p, tolerance)) continue;
    if (!best || size(object.kind, object.value) <= size(best.kind, best.value)) best = object;
  }
  return best;
}

const vertexAt = (ring, index) => ({ name: `v${ring}.${index}`, ring, index });

const BOX_HANDLES = [['nw', 0, 0], ['n', 0.5, 0], ['ne', 1, 0], ['e', 1, 0.5], ['se', 1, 1], ['s', 0.5, 1], ['sw', 0, 1], ['w', 0, 0.5]];

/** What can be dragged: {name, at}. Eight for a box, one a vertex otherwise. */
export function handlesOf(kind, value) {
  if (kind === 'point') return [{ name: 'point', at: value }];
  if (kind !== 'box') {
    return ringsOf(value).flatMap((ring, number) => ring.map((at, index) => ({ ...vertexAt(number, index), at })));
  }
  const [x0, y0, x1, y1] = value;
  return BOX_HANDLES.map(([name, right, down]) => ({ name, at: [x0 + right * (x1 - x0), y0 + down * (y1 - y0)] }));
}

/** The handles that are corners: what the keyboard steps through. A point is its own. */
export function cornersOf(kind, value) {
  if (kind === 'point') return [];
  const order = ['nw', 'ne', 'se', 'sw'];
  return kind === 'box' ? order.map((name) => handlesOf(kind, value).find((handle) => handle.name === name)) : handlesOf(kind, value);
}

/** The corner that `vertex` names, as it is now, or null. */
export function cornerAt(kind, value, vertex) {
  return (vertex && cornersOf(kind, value).find((corner) => corner.name === vertex.name)) || null;
}

export function handleAt(kind, value, p, tolerance) {
  let best = null;
  for (const handle of handlesOf(kind, value)) {
    const far = distance(p, handle.at);
    if (far <= tolerance && (!best || far < best.far)) best = { ...handle, far };
  }
  return best;
}

/** The value with one handle at a new place. */
export function withHandleAt(kind, value, handle, p) {
  if (kind === 'point') return p;
  if (kind !== 'box') {
    return withRings(value, ringsOf(value).map((ring, number) => (
      number === handle.ring ? ring.map((at, index) => (index === handle.index ? p : at)) : ring)));
  }
  const [x0, y0, x1, y1] = value;
  const name = handle.name;
  const left = name.includes('w') ? p[0] : x0;
  const right = name.includes('e') ? p[0] : x1;
  const top = name.startsWith('n') ? p[1] : y0;
  const bottom = name.startsWith('s') ? p[1] : y1;
  return boxBetween([left, top], [right, bottom]);
}

/** The value moved by (dx, dy) but kept inside the picture. */
export function moved(kind, value, dx, dy, picture) {
  const [x0, y0, x1, y1] = boundsOf(kind, value);
  const x = clamp(dx, -x0, picture.width - x1);
  const y = clamp(dy, -y0, picture.height - y1);
  const shift = ([a, b]) => [round(a + x), round(b + y)];
  if (kind === 'box') return [...shift([value[0], value[1]]), ...shift([value[2], value[3]])];
  return kind === 'point' ? shift(value) : withRings(value, ringsOf(value).map((ring) => ring.map(shift)));
}

/** A new vertex on the nearest edge within `tolerance`, or null. */
export function withVertexAt(kind, value, p, tolerance) {
  let best = null;
  for (const edge of edgesOf(kind, value)) {
    const far = distanceToSegment(p, edge.a, edge.b);
    if (far <= tolerance && (!best || far < best.far)) best = { ...edge, far };
  }
  if (!best) return null;
  const rings = ringsOf(value).map((ring, number) => (number === best.ring ? ring.toSpliced(best.index + 1, 0, p) : ring));
  return { value: withRings(value, rings), vertex: vertexAt(best.ring, best.index + 1) };
}

/** A new vertex half way from one to the next; the last of a line goes on as it came. */
export function withVertexAfter(kind, value, { ring, index }, size) {
  const points = ringsOf(value)[ring];
  const here = points[index];
  const isEnd = kind === 'polyline' && index === points.length - 1;
  const there = isEnd ? [2 * here[0] - points[index - 1][0], 2 * here[1] - points[index - 1][1]] : points[(index + 1) % points.length];
  const at = insidePicture([(here[0] + there[0]) / 2, (here[1] + there[1]) / 2], size);
  const rings = ringsOf(value).map((old, number) => (number === ring ? old.toSpliced(index + 1, 0, at) : old));
  return { value: withRings(value, rings), vertex: vertexAt(ring, index + 1) };
}

/** The value without a vertex, or null when too few would be left (three for a polygon, two for a line). */
export function withoutVertex(kind, value, vertex) {
  const ring = ringsOf(value)[vertex.ring];
  if (!ring || ring.length <= (kind === 'polygon' ? 3 : 2)) return null;
  return withRings(value, ringsOf(value).map((old, number) => (number === vertex.ring ? old.toSpliced(vertex.index, 1) : old)));
}

/** "271 × 104", "7 points", "120, 88": the size as people read it. */
export function sizeText(kind, value) {
  if (kind === 'box') return `${Math.round(value[2] - value[0])} × ${Math.round(value[3] - value[1])}`;
  if (kind === 'point') return `${Math.round(value[0])}, ${Math.round(value[1])}`;
  const count = ringsOf(value).flat().length;
  return `${count} ${count === 1 ? 'point' : 'points'}`;
}
