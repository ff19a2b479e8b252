// Acts on the selected object: step, remove, nudge, answer, class, typed value.
import { moved, withoutVertex } from './geometry.js';
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
    const value = vertex && withoutVertex(object.kind, object.value, vertex);
    if (value) store.edit(withValue(payload, object.id, value), { vertex: null });
    else store.edit(withoutObject(payload, object.id), { selected: null, vertex: null });
    return true;
  }

  function nudge(event) {
    const object = selected();
    if (!object || !mayEdit()) return false;
    const [dx, dy] = ARROWS[event.key].map((part) => part * (event.shiftKey ? 10 : 1));
    const value = moved(object.kind, object.value, dx, dy, viewport.size);
    store.edit(withValue(store.state.payload, object.id, value), { merge: `nudge ${object.id}` });
    return true;
  }

  const change = (make) => (...given) => mayEdit() && store.edit(make(store.state.payload, ...given));
  return {
    'next-object': () => step(store, 1),
    'previous-object': () => step(store, -1),
    remove,
    nudge,
    setAnswer: (asked, value, merge = null) => mayEdit() && store.edit(withAnswer(store.state.payload, asked.object, asked.chain, asked.question, value), { merge }),
    setValue: change(withValue),
    setClass: change(withClass),
  };
}
