// Acts on the selected object: step, remove, nudge, answer, class, typed value.
import { announce } from '../../shared/notice.js';
import { cornerAt, cornersOf, insidePicture, moved, withHandleAt, withVertexAfter, withoutVertex } from './geometry.js';
import { objectOf, objectsOf, withAnswer, withClass, withoutObject, withValue } from './payload.js';

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function step(store, direction) {
  const objects = objectsOf(store.state.payload);
  if (!objects.length) return false;
  const index = objects.findIndex((object) => object.id === store.state.selected);
  const next = index < 0 ? (direction > 0 ? 0 : objects.length - 1) : (index + direction + objects.length) % objects.length;
  store.set({ selected: objects[next].id, vertex: null, focusedQuestion: null });
  return true;
}

export function createObjectActs({ store, viewport, mayEdit }) {
  const selected = () => objectOf(store.state.payload, store.state.selected);

  /** The chosen corner when the shape can spare it, else the object. */
  function remove() {
    const object = selected();
    if (!object || !mayEdit()) return false;
    const { vertex, payload } = store.state;
    const isCorner = object.kind !== 'box' && cornerAt(object.kind, object.value, vertex);
    const value = isCorner && withoutVertex(object.kind, object.value, vertex);
    if (value) store.edit(withValue(payload, object.id, value), { vertex: null });
    else store.edit(withoutObject(payload, object.id), { selected: null, vertex: null });
    return true;
  }

  function nudge(event) {
    const object = selected();
    if (!object || !mayEdit()) return false;
    const [dx, dy] = ARROWS[event.key].map((part) => part * (event.shiftKey ? 10 : 1));
    const corner = cornerAt(object.kind, object.value, store.state.vertex);
    const value = corner
      ? withHandleAt(object.kind, object.value, corner, insidePicture([corner.at[0] + dx, corner.at[1] + dy], viewport.size))
      : moved(object.kind, object.value, dx, dy, viewport.size);
    store.edit(withValue(store.state.payload, object.id, value), { merge: `nudge ${object.id} ${corner?.name}` });
    return true;
  }

  function stepCorner(direction) {
    const object = selected();
    const corners = object && mayEdit() ? cornersOf(object.kind, object.value) : [];
    if (!corners.length) return false;
    const now = corners.findIndex((corner) => corner.name === store.state.vertex?.name);
    const next = now < 0 ? (direction > 0 ? 0 : corners.length - 1) : (now + direction + corners.length) % corners.length;
    store.set({ vertex: corners[next] });
    announce(`Corner ${next + 1} of ${corners.length}, ${corners[next].at.map(Math.round).join(', ')}.`);
    return true;
  }

  function addCorner() {
    const object = selected();
    const corner = object && mayEdit() && object.kind !== 'box' ? cornerAt(object.kind, object.value, store.state.vertex) : null;
    if (!corner) return false;
    const added = withVertexAfter(object.kind, object.value, corner, viewport.size);
    store.edit(withValue(store.state.payload, object.id, added.value), { vertex: added.vertex });
    return true;
  }

  const change = (make) => (...given) => mayEdit() && store.edit(make(store.state.payload, ...given));
  return {
    'next-object': () => step(store, 1),
    'previous-object': () => step(store, -1),
    'next-corner': () => stepCorner(1),
    'previous-corner': () => stepCorner(-1),
    'add-corner': addCorner,
    remove,
    nudge,
    'nudge-far': nudge,
    setAnswer: (asked, value, merge = null) => mayEdit() && store.edit(withAnswer(store.state.payload, asked.object, asked.chain, asked.question, value), { merge }),
    setValue: change(withValue),
    setClass: change(withClass),
  };
}
