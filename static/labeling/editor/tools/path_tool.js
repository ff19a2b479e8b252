// What polygon and polyline share: points by clicks, a line that follows the pointer, Enter, Backspace and Esc.
import { distance, insidePicture } from '../geometry.js';
import { withObject } from '../payload.js';

const CLOSE_HIT = 12;

export function createPathTool({ store, viewport, currentClass }, kind, leastPoints) {
  let points = [];

  const at = (p) => insidePicture(p, viewport.size);

  function show(p = null) {
    const value = p ? [...points, at(p)] : points;
    store.set({ work: points.length ? { id: null, kind: value.length > 2 || kind === 'polyline' ? kind : 'polyline', value, feature: currentClass(kind).uid, isOpen: true } : null });
  }

  function finish() {
    if (points.length < leastPoints) return false;
    const [payload, id] = withObject(store.state.payload, currentClass(kind), points);
    points = [];
    store.edit(payload, { selected: id, vertex: null, work: null });
    return true;
  }

  function down(p) {
    if (!currentClass(kind)) return;
    if (kind === 'polygon' && points.length >= 3 && distance(p, points[0]) <= viewport.reach(CLOSE_HIT)) {
      finish();
      return;
    }
    const next = at(p);
    // The second press of a double click falls on the point just set.
    if (points.length && distance(next, points.at(-1)) < viewport.reach(2)) return;
    if (!points.length) store.set({ selected: null, vertex: null });
    points = [...points, next];
    show();
  }

  function takeBack() {
    if (!points.length) return false;
    points = points.slice(0, -1);
    show();
    return true;
  }

  function cancel() {
    if (!points.length) return false;
    points = [];
    store.set({ work: null });
    return true;
  }

  return {
    name: kind,
    cursor: () => 'crosshair',
    down,
    move: () => {},
    up: () => {},
    hover: (p) => points.length && show(p),
    double: finish,
    finish,
    takeBack,
    cancel,
    get isDrawing() { return points.length > 0; },
  };
}
