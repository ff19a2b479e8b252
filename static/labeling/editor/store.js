// The state of the page in one place, pure: what is shown follows from it. Only the payload can be undone.

const MOST_STEPS = 200;

/** The state before the first row came. */
export const firstState = (page) => ({
  mode: page.mode, status: 'loading', row: null, ontology: null, payload: { features: [], relations: [] }, edits: 0,
  selected: null, vertex: null, tool: 'select', toolBefore: 'select', currentClass: null, work: null, outline: null, focusedQuestion: null,
  isReadOnly: page.mode === 'review', isFixing: false, isLeaseEnded: false, busy: false,
  hidden: false, names: true, save: null, live: { state: 'off', since: null },
  issues: [], deaf: [], openIssue: null, newIssue: null, askBox: null, question: null, practised: null, isKnownHidden: false, today: 0, ready: 0, empty: null, fault: null,
});

/** `schedule` decides when listeners hear of changes; one call for all changes of a turn. */
export function createStore(initial, schedule = queueMicrotask) {
  let state = { past: [], future: [], selected: null, ...initial };
  let told = state;
  let isScheduled = false;
  let merging = null;
  const listeners = new Set();

  function tell() {
    isScheduled = false;
    const before = told;
    told = state;
    for (const listener of listeners) listener(state, before);
  }

  function set(patch) {
    state = { ...state, ...patch };
    if (isScheduled) return;
    isScheduled = true;
    schedule(tell);
  }

  /** A new payload. Changes with the same `merge` in a row (typing, arrow keys) are undone together. */
  function edit(payload, { merge = null, ...patch } = {}) {
    if (payload === state.payload) return;
    const isMerged = merge !== null && merge === merging && state.past.length > 0;
    merging = merge;
    const past = isMerged ? state.past : [...state.past.slice(1 - MOST_STEPS), { payload: state.payload, selected: state.selected }];
    set({ payload, past, future: [], edits: (state.edits || 0) + 1, ...patch });
  }

  function travel(from, to) {
    const step = state[from].at(-1);
    if (!step) return false;
    merging = null;
    set({
      [from]: state[from].slice(0, -1),
      [to]: [...state[to], { payload: state.payload, selected: state.selected }],
      payload: step.payload,
      selected: step.payload.features.some((entry) => entry.id === step.selected) ? step.selected : null,
      edits: (state.edits || 0) + 1,
    });
    return true;
  }

  return {
    get state() { return state; },
    set,
    edit,
    undo: () => travel('past', 'future'),
    redo: () => travel('future', 'past'),
    endMerge() { merging = null; },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
