// What a person can do, by name: keys, buttons and panels call the same acts. An act that does not apply gives false.
import { toast } from '../../shared/notice.js';
import { questionAfterList } from './answers.js';
import { boundsOf } from './geometry.js';
import { createObjectActs } from './object_acts.js';
import { isShape } from './ontology.js';
import { objectOf } from './payload.js';

const TOOL_NAMES = ['select', 'box', 'polygon', 'polyline', 'point', 'pan', 'ask'];

function createToolActs({ store, tool, mayEdit, drawing }) {
  function choose(name) {
    const { state } = store;
    if (!state.row || (isShape(name) && (!mayEdit() || !state.ontology.classes.some((one) => one.kind === name)))) return false;
    if (name === 'ask' && !state.row.urls.open_issue) return false;
    // The tool in hand goes on with what it draws.
    if (name === state.tool && tool().isDrawing) return true;
    if (!drawing.settle('Not changed')) return false;
    const fits = state.ontology.byUid.get(state.currentClass)?.kind === name;
    const currentClass = isShape(name) && !fits ? state.ontology.classes.find((one) => one.kind === name).uid : state.currentClass;
    store.set({ tool: name, toolBefore: state.tool === 'ask' ? state.toolBefore : state.tool, currentClass, work: null, vertex: null });
    return true;
  }

  function chooseClass(feature) {
    if (!mayEdit()) return false;
    if (tool().isDrawing && feature.uid === store.state.currentClass) return true;
    if (!drawing.settle('Not changed')) return false;
    choose(feature.kind);
    store.set({ currentClass: feature.uid });
    return true;
  }

  /** One thing at a time: what is open, what is being drawn, the selection, the tool. */
  function cancel() {
    if (store.state.newIssue || store.state.openIssue) store.set({ newIssue: null, openIssue: null });
    else if (tool().cancel()) return true;
    else if (store.state.vertex) store.set({ vertex: null });
    else if (store.state.selected) store.set({ selected: null, vertex: null });
    else if (store.state.tool !== 'select') choose('select');
    else return false;
    return true;
  }

  return {
    choose,
    class: chooseClass,
    ...Object.fromEntries(TOOL_NAMES.map((name) => [`tool:${name}`, () => choose(name)])),
    finish: () => ((mayEdit() || (store.state.row && store.state.tool === 'ask')) && tool().finish?.()) || false,
    cancel,
  };
}

function createViewActs({ store, viewport, openKeys }) {
  const flip = (name) => () => store.set({ [name]: !store.state[name] });

  function zoomToObject() {
    const object = objectOf(store.state.payload, store.state.selected);
    if (!object) return false;
    viewport.zoomTo(boundsOf(object.kind, object.value));
    return true;
  }

  return {
    'zoom-object': zoomToObject,
    fit: () => viewport.fit(),
    'zoom-in': () => viewport.zoomBy(1.25),
    'zoom-out': () => viewport.zoomBy(0.8),
    objects: flip('hidden'),
    names: flip('names'),
    keys: openKeys,
  };
}

function createWayOutActs({ store, submit }) {
  const isReview = () => store.state.mode === 'review';
  const inReview = (act) => () => (isReview() ? act() : false);

  function submitNow() {
    if (store.state.newIssue) {
      toast('plain', 'Your question is still open. Ask it or cancel it, then submit.');
      return true;
    }
    if (!isReview()) return submit.submit();
    // Once mended, a label is approved with the fix, never without it.
    return submit.decide(store.state.isFixing ? 'fix' : 'approve');
  }

  function fix() {
    if (!isReview() || !store.state.row) return false;
    store.set({ isReadOnly: false, isFixing: true });
    return true;
  }

  return {
    submit: submitNow,
    skip: () => submit.skip(),
    approve: inReview(submitNow),
    fix,
    'send-back': inReview(() => submit.sendBack()),
    appeal: () => submit.appeal(),
    release: () => submit.release(),
  };
}

export function createActs({ store, viewport, tools, drawing, submit, openKeys }) {
  const tool = () => tools[store.state.tool];
  const mayEdit = () => store.state.row !== null && !store.state.isReadOnly && !store.state.busy;

  /** While something is drawn or dragged its last step goes first. */
  function undo() {
    if (!mayEdit()) return false;
    return tool().takeBack?.() || tool().cancel() || store.undo();
  }

  function redo() {
    if (!mayEdit() || tool().isDrawing) return false;
    tool().cancel();
    return store.redo();
  }

  function endList() {
    const next = tool().isDrawing ? undefined : questionAfterList(store.state);
    if (next === undefined) return false;
    store.set({ focusedQuestion: next });
    return true;
  }

  const toolActs = createToolActs({ store, tool, mayEdit, drawing });
  const objectActs = createObjectActs({ store, viewport, mayEdit });
  return {
    ...toolActs,
    ...objectActs,
    finish: () => endList() || (!tool().isDrawing && objectActs['add-corner']()) || toolActs.finish(),
    ...createViewActs({ store, viewport, openKeys }),
    ...createWayOutActs({ store, submit }),
    'take-back': () => tool().takeBack?.() || (!tool().isDrawing && objectActs.remove()),
    undo,
    redo,
  };
}
