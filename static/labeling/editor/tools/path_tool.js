// What polygon and polyline share: points by clicks, a line that follows the pointer, Enter, Backspace and Esc. The open
// points are part of the state, so that they are kept with the draft and no other act can lose them.
import { distance, insidePicture } from '../geometry.js';
import { withObject } from '../payload.js';

const CLOSE_HIT = 12;

/** `startShape(at, length)` gives the points of a shape around a place: what the keyboard begins with. */
export function createPathTool({ store, viewport, currentClass }, kind, leastPoints, startShape) {
  let beforePress = null; // {outline} while a press has added a point

  const at = (p) => insidePicture(p, viewport.size);
  const isDrawing = () => store.state.outline?.kind === kind;
  const points = () => (isDrawing() ? store.state.outline.points : []);

  function put(outline) {
    store.set({ outline, work: outline && workOf(outline, outline.points) });
  }

  function add(value, feature) {
    const [payload, id] = withObject(store.state.payload, feature, value);
    store.edit(payload, { selected: id, vertex: null, work: null, outline: null });
    return true;
  }

  /** Makes an object of the open points; false while there are too few. */
  function close() {
    const { outline } = store.state;
    if (points().length < leastPoints) return false;
    return add(outline.points, { uid: outline.feature, kind });
  }

  /** Enter: closes what is open, or puts a shape in the middle of the view, to be formed by its corners. */
  function finish() {
    if (isDrawing() || !currentClass(kind)) return close();
    const { at: middle, length } = viewport.middle();
    return add(startShape(middle, length).map(at), currentClass(kind));
  }

  function down(p) {
    const feature = currentClass(kind);
    if (!feature) return;
    const open = points();
    if (kind === 'polygon' && open.length >= 3 && distance(p, open[0]) <= viewport.reach(CLOSE_HIT)) {
      close();
      return;
    }
    const next = at(p);
    // The second press of a double click falls on the point just set.
    if (open.length && distance(next, open.at(-1)) < viewport.reach(2)) return;
    beforePress = { outline: store.state.outline };
    if (!open.length) store.set({ selected: null, vertex: null });
    put({ kind, feature: isDrawing() ? store.state.outline.feature : feature.uid, points: [...open, next] });
  }

  function takeBack() {
    if (!isDrawing()) return false;
    const { outline } = store.state;
    put(outline.points.length > 1 ? { ...outline, points: outline.points.slice(0, -1) } : null);
    return true;
  }

  function cancel() {
    if (!isDrawing()) return false;
    put(null);
    return true;
  }

  /** A press that became something else, such as two fingers, takes its own point back and no other. */
  function interrupt() {
    if (beforePress) put(beforePress.outline);
    beforePress = null;
  }

  function hover(p) {
    const { outline } = store.state;
    if (isDrawing()) store.set({ work: workOf(outline, [...outline.points, at(p)]) });
  }

  return {
    name: kind,
    cursor: () => 'crosshair',
    down,
    move: () => {},
    up: () => { beforePress = null; },
    hover,
    double: () => isDrawing() && close(),
    close,
    finish,
    takeBack,
    cancel,
    interrupt,
    get isDrawing() { return isDrawing(); },
  };
}

/** How open points are drawn: two of a polygon are a line yet. */
export function workOf({ kind, feature }, points) {
  return { id: null, kind: points.length > 2 ? kind : 'polyline', value: points, feature, isOpen: true };
}
