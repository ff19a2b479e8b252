// Select, move and reshape. A press on a handle wins over the shape, the selected shape over its neighbours.
import { boundsOf, handleAt, insidePicture, moved, objectAt, withHandleAt, withVertexAt } from '../geometry.js';
import { objectOf, objectsOf, withValue } from '../payload.js';

const HIT = 12;
const EDGE_HIT = 6;
const STILL = 3;

const isInBounds = ([x, y], [x0, y0, x1, y1], reach) => x >= x0 - reach && x <= x1 + reach && y >= y0 - reach && y <= y1 + reach;

export function createSelectTool({ store, viewport }) {
  let drag = null;

  const selectedObject = () => objectOf(store.state.payload, store.state.selected);

  function grabHandle(p) {
    const object = selectedObject();
    if (!object || store.state.isReadOnly) return null;
    const handle = handleAt(object.kind, object.value, p, viewport.reach(HIT));
    return handle && { object, handle, from: p };
  }

  function down(p) {
    const grabbed = grabHandle(p);
    if (grabbed) {
      drag = grabbed;
      store.set({ vertex: grabbed.handle.index === undefined ? null : grabbed.handle });
      return;
    }
    const selected = selectedObject();
    const found = objectAt(objectsOf(store.state.payload), p, viewport.reach(EDGE_HIT));
    // A drag that starts in the selected shape moves it, even where a smaller one lies on it; a click still picks the smaller.
    const isOnSelected = selected && isInBounds(p, boundsOf(selected.kind, selected.value), viewport.reach(EDGE_HIT))
      && objectAt([selected], p, viewport.reach(EDGE_HIT));
    const object = isOnSelected ? selected : found;
    if (!object) {
      store.set({ selected: null, vertex: null });
      return;
    }
    drag = { object, from: p, picked: found };
    if (!isOnSelected) store.set({ selected: object.id, vertex: null });
  }

  function move(p) {
    if (!drag || store.state.isReadOnly) return;
    const { object, handle, from } = drag;
    if (!drag.isMoving && Math.hypot(p[0] - from[0], p[1] - from[1]) < viewport.reach(STILL)) return;
    drag.isMoving = true;
    const value = handle
      ? withHandleAt(object.kind, object.value, handle, insidePicture(p, viewport.size))
      : moved(object.kind, object.value, p[0] - from[0], p[1] - from[1], viewport.size);
    store.set({ work: { ...object, value } });
  }

  function up() {
    if (!drag) return;
    const { object, isMoving, picked } = drag;
    drag = null;
    const work = store.state.work;
    if (isMoving && work) {
      store.edit(withValue(store.state.payload, object.id, work.value), { work: null });
    } else if (picked && picked.id !== object.id) {
      store.set({ selected: picked.id, vertex: null });
    }
  }

  function double(p) {
    const object = selectedObject();
    if (!object || store.state.isReadOnly || !['polygon', 'polyline'].includes(object.kind)) return;
    // On a vertex a double click means the vertex, not a second one on top of it.
    if (handleAt(object.kind, object.value, p, viewport.reach(EDGE_HIT))) return;
    const added = withVertexAt(object.kind, object.value, insidePicture(p, viewport.size), viewport.reach(HIT));
    if (added) store.edit(withValue(store.state.payload, object.id, added.value), { vertex: added.vertex });
  }

  function cancel() {
    if (!drag) return false;
    drag = null;
    store.set({ work: null });
    return true;
  }

  const cursor = (p) => (grabHandle(p) ? 'grab' : objectAt(objectsOf(store.state.payload), p, viewport.reach(EDGE_HIT)) ? 'pointer' : 'default');
  return { name: 'select', cursor, down, move, up, double, cancel, interrupt: cancel };
}
