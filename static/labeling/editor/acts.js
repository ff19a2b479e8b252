// What a person can do, by name: keys, buttons and panels call the same acts.
import { boundsOf, moved, withoutVertex } from './geometry.js';
import { objectOf, objectsOf, withAnswer, withClass, withoutObject, withValue } from './payload.js';
import { isShape } from './ontology.js';

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function createActs({ store, viewport, tools, submit, openKeys }) {
  const selected = () => objectOf(store.state.payload, store.state.selected);
  const tool = () => tools[store.state.tool];
  const mayEdit = () => store.state.row !== null && !store.state.isReadOnly;
  const isReview = () => store.state.mode === 'review';

  function choose(name) {
    const { state } = store;
    if (!state.row || (isShape(name) && (!mayEdit() || !state.ontology.classes.some((one) => one.kind === name)))) return false;
    if (name === 'ask' && !state.row.urls.open_issue) return false;
    tool().cancel();
    const fits = state.ontology.byUid.get(state.currentClass)?.kind === name;
    const currentClass = isShape(name) && !fits ? state.ontology.classes.find((one) => one.kind === name).uid : state.currentClass;
    store.set({ tool: name, toolBefore: state.tool === 'ask' ? state.toolBefore : state.tool, currentClass, work: null });
    return true;
  }

  function chooseClass(feature) {
    if (!mayEdit()) return false;
    choose(feature.kind);
    store.set({ currentClass: feature.uid });
    return true;
  }

  function step(direction) {
    const objects = objectsOf(store.state.payload);
    if (!objects.length) return false;
    const index = objects.findIndex((object) => object.id === store.state.selected);
    const next = index < 0 ? (direction > 0 ? 0 : objects.length - 1) : (index + direction + objects.length) % objects.length;
    store.set({ selected: objects[next].id, vertex: null, focusedQuestion: null });
    return true;
  }

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

  function cancel() {
    if (store.state.newIssue || store.state.openIssue) store.set({ newIssue: null, openIssue: null });
    else if (tool().cancel()) return true;
    else if (store.state.selected) store.set({ selected: null, vertex: null });
    else if (store.state.tool !== 'select') choose('select');
    else return false;
    return true;
  }

  function zoomToObject() {
    const object = selected();
    if (!object) return false;
    viewport.zoomTo(boundsOf(object.kind, object.value));
    return true;
  }

  function fix() {
    if (!isReview() || !store.state.row) return false;
    store.set({ isReadOnly: false, isFixing: true });
    return true;
  }

  function submitNow() {
    if (!isReview()) return submit.submit();
    return store.state.isFixing ? submit.decide('fix') : submit.decide('approve');
  }

  const inReview = (act) => () => (isReview() ? act() : false);
  const flip = (name) => () => store.set({ [name]: !store.state[name] });
  const travel = (way) => () => {
    if (!mayEdit()) return false;
    tool().cancel();
    return store[way]();
  };

  return {
    choose,
    class: chooseClass,
    ...Object.fromEntries(['select', 'box', 'polygon', 'polyline', 'point', 'pan', 'ask'].map((name) => [`tool:${name}`, () => choose(name)])),
    'next-object': () => step(1),
    'previous-object': () => step(-1),
    'zoom-object': zoomToObject,
    remove,
    nudge,
    finish: () => tool().finish?.() || false,
    'take-back': () => tool().takeBack?.() || (!tool().isDrawing && remove()),
    cancel,
    undo: travel('undo'),
    redo: travel('redo'),
    submit: submitNow,
    skip: () => submit.skip(),
    // Once mended, a label is approved with the fix, never without it.
    approve: inReview(submitNow),
    fix,
    'send-back': inReview(() => submit.sendBack()),
    release: () => submit.release(),
    fit: () => viewport.fit(),
    'zoom-in': () => viewport.zoomBy(1.25),
    'zoom-out': () => viewport.zoomBy(0.8),
    objects: flip('hidden'),
    names: flip('names'),
    keys: openKeys,
    setAnswer(asked, value, merge = null) {
      if (mayEdit()) store.edit(withAnswer(store.state.payload, asked.object, asked.chain, asked.question, value), { merge });
    },
    setValue(id, value) {
      if (mayEdit()) store.edit(withValue(store.state.payload, id, value));
    },
    setClass(id, feature) {
      if (mayEdit()) store.edit(withClass(store.state.payload, id, feature));
    },
  };
}
