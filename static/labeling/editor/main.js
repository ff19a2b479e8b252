// The editor's entry: reads what the page was given, puts the parts together, shows one row after the other.
import { setText } from '../../shared/dom.js';
import { connectLive } from '../../shared/live.js';
import { announce, hideToast, toast } from '../../shared/notice.js';
import { shortClock } from '../../shared/time.js';
import { createActivity } from './activity.js';
import { createActs } from './acts.js';
import { createDrafts } from './drafts.js';
import { createDrawing, restoredOutline } from './drawing.js';
import { sweepDrafts } from './browser_store.js';
import { createIssues } from './issues.js';
import { bindKeyboard } from './keyboard.js';
import { createKeysSheet } from './keys_sheet.js';
import { readOntology } from './ontology.js';
import { completePayload, emptyPayload, namesOf } from './payload.js';
import { forgetPicture, loadedPicture } from './pictures.js';
import { bindPointer } from './pointer.js';
import { createQueue } from './queue.js';
import { askForReason } from './reason_dialog.js';
import { createSingleKeys } from './single_keys.js';
import { createShapes } from './shapes.js';
import { createStagePanel } from './panels/stage_panel.js';
import { createStore, firstState } from './store.js';
import { createSubmit, keptText } from './submit.js';
import { questionKey } from './answers.js';
import { workOf } from './tools/path_tool.js';
import { createTools } from './tools/tools.js';
import { createTroubles } from './troubles.js';
import { createPanels } from './panels/panels.js';
import { bindSheets } from './panels/sheets.js';
import { createViewport } from './viewport.js';

const page = { issue_categories: [], skip_reasons: [], reject_reasons: [], ...JSON.parse(document.getElementById('editor-page').textContent) };
const PICTURE_MS = 12000;
const part = (name) => document.querySelector(`[data-part="${name}"]`);
const stage = part('stage');
const glass = part('glass');

const store = createStore(firstState(page));

let header = null;
const activity = createActivity((seconds, isActive) => header?.showTime(seconds, isActive));
const troubles = createTroubles(part('troubles'));
const viewport = createViewport(stage, part('plane'), {
  onMove: () => {
    issues?.place();
    setText(part('zoom'), `${Math.round(viewport.scale * 100)} %`);
  },
  onSettle: () => store.state.ontology && shapes.render(store.state, true),
});
const shapes = createShapes({ still: part('shapes'), known: part('known'), work: part('work'), tags: part('tags'), handles: part('handles'), viewport });

const currentClass = (kind) => {
  const feature = store.state.ontology.byUid.get(store.state.currentClass);
  return feature?.kind === kind ? feature : store.state.ontology.classes.find((one) => one.kind === kind);
};
const tools = createTools({ store, viewport, currentClass });
const drawing = createDrawing({ store, tools });

// First this tab's work goes to the server, then the other's takes its place; both are there afterwards.
async function goOnWith(theirs) {
  const { row } = store.state;
  await drafts.rebase(theirs.revision);
  if (store.state.row !== row) return;
  drafts.keepOther();
  store.edit(completePayload(theirs.payload), { selected: null });
}

const drafts = createDrafts({
  store, person: page.person,
  onConflict: (theirs) => troubles.show('conflict', 'This row was changed in another tab. Both versions are kept. Which one goes on?', [
    { label: 'This one', run: () => drafts.rebase(theirs.revision) },
    { label: 'The other', run: () => goOnWith(theirs) },
  ]),
  onSaved: () => ['draft', 'session'].forEach(troubles.hide),
  onRefused: (error) => isAboutSession(error) || troubles.show('draft', `The server does not take this draft: ${error.answer.faults?.[0]?.message || error.message} Your work is kept in this browser.`),
});
const queue = createQueue({ store, page, activity, show: showRow, leave: leaveRow, onLeaseEnded: leaseEnded, onTrouble: lineTrouble });

const submit = createSubmit({
  store, drafts, queue, goTo, onLeaseEnded: leaseEnded, onTrouble: lineTrouble, onPractised: () => sheets.show('side'), drawing,
  askReason: {
    skip: () => {
      const isReview = store.state.mode === 'review';
      return askForReason(part('reason-dialog'), { title: isReview ? 'Give this review back' : 'Skip this row', act: isReview ? 'Give back' : 'Skip',
        reasons: page.skip_reasons, kept: drafts.words('skip'), sentence: `Somebody else gets the ${isReview ? 'review' : 'row'}. Your draft is kept for 30 days.` });
    },
    sendBack: () => askForReason(part('reason-dialog'), { title: 'Send back', act: 'Send back', reasons: page.reject_reasons, rules: page.rules, isMany: true, kept: drafts.words('sendBack'),
      sentence: `${store.state.row.label.maker?.name || 'Its maker'} gets the row back first, with your reasons and pins.`,
      objectName: namesOf(store.state.ontology, store.state.payload).get(store.state.selected) || '' }),
  },
});

const sheets = bindSheets(stage);
const hotkeys = createSingleKeys(page.hotkeys_enabled !== false);
const acts = createActs({ store, viewport, tools, drawing, submit, openKeys: createKeysSheet(part('keys-dialog'), hotkeys) });
const issues = createIssues({ overlay: part('overlay'), stage, list: part('issues'), count: part('issue-count'), section: part('issue-section') }, { store, viewport, page });
const stagePanel = createStagePanel({ stage, part }, { queue, page, reload: loadPictureAgain });
const panels = createPanels(part, { store, acts, viewport, page, queue, isOn: hotkeys.isOn });
header = panels.header;

/** A gap or fault: opens its object and puts the focus where the answer is missing. */
function goTo({ object, chain }) {
  sheets.show('side');
  store.set({ selected: object, vertex: null, hidden: false, focusedQuestion: chain?.length ? questionKey(object, chain) : null });
  setTimeout(() => {
    const place = chain?.length && document.querySelector(`[data-question-key="${CSS.escape(questionKey(object, chain))}"]`);
    place?.querySelector('input, textarea')?.focus();
    place?.scrollIntoView({ block: 'nearest' });
  });
}

function lineTrouble(source, error, actions = []) {
  if (!error) {
    // An answer means that somebody is signed in, if only again, in another tab.
    troubles.hide('session');
    resumeLive();
    return troubles.hide(source);
  }
  if (isAboutSession(error)) return null;
  if (!error.isTransient) return troubles.show(source, `${error.message} Your work is kept in this browser.`, [{ label: 'Next row', run: () => queue.next() }]);
  const what = source === 'submit' ? 'Not sent yet' : 'No answer from the server';
  return troubles.show(source, `${what}, offline since ${shortClock(troubles.since(source))}. Your work is kept in this browser and goes up when the line is back.`, actions);
}

function signedOut() {
  troubles.show('session', 'You are signed out. Your work is kept in this browser and goes up when you sign in again.', [{ label: 'Sign in', run: () => location.reload() }]);
}

/** True when the sign-in is what stands in the way; that is said here, and what became of the work. */
function isAboutSession(error) {
  if (error.isSignedOut) signedOut();
  else if (error.isStalePage) {
    troubles.show('session', 'Your sign-in was changed in another tab. Your work is kept in this browser and goes up when this page is loaded again.',
      [{ label: 'Load again', run: () => location.reload() }]);
  }
  return error.isSignedOut || error.isStalePage;
}

function leaseEnded(error) {
  if (store.state.isLeaseEnded) return null;
  store.set({ isLeaseEnded: true });
  drafts.settle();
  queue.stopBeating();
  activity.stop();
  const kept = error.draft_saved === false ? 'Your work is kept in this browser' : 'Draft saved';
  const ended = `Your lease ended at ${shortClock(new Date())}. ${kept}; the row is free again. Take it back?`;
  const onward = { label: 'Next row', run: () => queue.next() };
  if (error.code === 'already_submitted') return troubles.show('lease', `${error.message}${keptText(error)}`, [onward]);
  const sentence = error.code === 'lease_expired' ? ended : `${error.message}${keptText(error)} Take it back?`;
  return troubles.show('lease', sentence, [{ label: 'Take it back', run: takeBack, keepsOpen: true }, onward]);
}

async function takeBack() {
  try {
    if (!(await queue.takeBack())) return troubles.show('lease', 'This row cannot be taken back now. Your draft is kept for 30 days.', [{ label: 'Next row', run: () => queue.next() }]);
    store.set({ isLeaseEnded: false });
    activity.restart();
    drafts.settle();
    troubles.hide('lease');
    return toast('ok', 'The row is yours again, with all your work.');
  } catch (error) {
    return toast('bad', `${error.message}${keptText(error)}`);
  }
}

function setSize(size) {
  shapes.setSize(size);
  viewport.setSize(size);
}

/** Loads beside the work: a slow picture is told after a while, and still taken when it comes. */
async function placePicture(row) {
  stagePanel.showPictureFault(false);
  const isOpen = () => store.state.row === row;
  const slow = setTimeout(() => isOpen() && stagePanel.showPictureFault(true), PICTURE_MS);
  try {
    const picture = await loadedPicture(row.row.asset_url);
    if (!isOpen()) return;
    const size = { width: row.row.width || picture.naturalWidth, height: row.row.height || picture.naturalHeight };
    picture.width = size.width;
    picture.height = size.height;
    part('picture').replaceChildren(picture);
    if (!row.row.width || !row.row.height) setSize(size);
    part('picture-name').textContent = `${row.row.external_id} · ${size.width} × ${size.height} px`;
    stagePanel.showPictureFault(false);
  } catch {
    if (isOpen()) stagePanel.showPictureFault(true);
  } finally {
    clearTimeout(slow);
  }
}

function loadPictureAgain() {
  const { row } = store.state;
  if (!row) return;
  forgetPicture(row.row.asset_url);
  placePicture(row);
}

function modeOf(row) {
  if (page.mode === 'practice') return 'practice';
  if (page.mode === 'review' || row.slot.kind === 'review') return 'review';
  return page.mode === 'rework' || row.slot.is_rework || row.reasons?.length ? 'rework' : 'label';
}

async function leaveRow() {
  await drafts.leave();
  drawing.leave();
}

async function showRow(row) {
  const begun = await drafts.start(row, row.label?.payload || emptyPayload());
  const ontology = readOntology(row.ontology.document);
  const mode = modeOf(row);
  const wasCurrent = ontology.byUid.has(store.state.currentClass) ? store.state.currentClass : ontology.classes[0]?.uid || null;
  // Review begins by looking; a draft of a fix means that the fix goes on.
  const outline = restoredOutline(begun.outline, ontology);
  const isFixing = mode === 'review' && (begun.isRestored || Boolean(row.draft) || outline !== null);
  for (const name of ['lease', 'conflict', 'draft', 'submit', 'heartbeat']) troubles.hide(name);
  part('picture').replaceChildren();
  part('picture-name').textContent = row.row.external_id;
  store.set({ row, ontology, mode, payload: begun.payload, past: [], future: [], edits: store.state.edits + 1, selected: null, vertex: null, outline, work: outline && workOf(outline, outline.points),
    ...(outline ? { tool: outline.kind, toolBefore: 'select' } : {}), status: 'working', issues: row.issues || [], deaf: [], openIssue: null, newIssue: null, askBox: null, question: begun.question, practised: null, focusedQuestion: null, currentClass: outline?.feature || wasCurrent, isFixing,
    isReadOnly: mode === 'review' && !isFixing, isLeaseEnded: false, hidden: false, fault: null });
  drafts.follow(row, begun);
  if (begun.isRestored || outline) toast('ok', 'Your work from this browser is back.');
  else if (begun.older) offerOlder(begun.older);
  stage.setAttribute('aria-label', `Picture ${row.row.external_id}. Keys draw and move; press ? for all of them.`);
  stage.focus({ preventScroll: true });
  activity.restart();
  if (row.row.width && row.row.height) setSize(row.row);
  placePicture(row);
}

function offerOlder(older) {
  const where = older.isHere ? 'in this browser' : 'as a draft';
  const useOlder = () => {
    if (store.state.mode === 'review') store.set({ isReadOnly: false, isFixing: true });
    store.edit(completePayload(older.payload), { selected: null });
  };
  troubles.show('conflict', `Older work of yours on this row is kept ${where}, from ${shortClock(older.at)}. You see what is newer.`, [
    { label: 'Keep the newer', run: () => {} },
    { label: 'Use the older', run: useOlder },
  ]);
}

let resumeLive = () => {};

function goLive() {
  const live = connectLive({
    address: document.body.dataset.socket || page.urls.socket,
    onEvent: (event) => issues.take(event.payload || {}, event.kind),
    onFollowing: issues.read,
    onReset: issues.read,
    onRefused: issues.note,
    onState: (state, since) => store.set({ live: { state, since } }),
    onEnd: (why) => why === 'signed_out' && signedOut(),
  });
  resumeLive = live.resume;
  for (const stream of page.streams || [`person:${page.person.uid}`]) live.follow(stream);
  let followed = [];
  store.subscribe((state, before) => {
    if (state.row === before.row && state.issues === before.issues) return;
    const wanted = [...(state.row?.streams || []), ...state.issues.map((issue) => `issue:${issue.uid}`)];
    followed.filter((stream) => !wanted.includes(stream)).forEach(live.leave);
    wanted.forEach(live.follow);
    followed = wanted;
  });
}

/** While something is drawn or dragged only the picture changes: a panel looked at on every move would slow the hand. */
function isOnlyWork(state, before) {
  return Boolean(state.work?.isOpen) === Boolean(before.work?.isOpen) && Object.keys(state).every((key) => key === 'work' || state[key] === before[key]);
}

let isLent = false;
const lend = (isOn) => {
  isLent = isOn;
  if (!isOn) tools.pan.up();
  glass.style.cursor = isOn ? 'grab' : '';
};
// While a label is on its way it can be looked at, not changed: what was sent is what is seen. A picture whose size only
// the picture itself tells cannot be drawn on before it came.
const isSized = ({ width, height }) => Boolean(width && height) || part('picture').firstChild !== null;
const isLookedAtOnly = () => isLent || !store.state.row || store.state.busy || !isSized(store.state.row.row);
bindPointer({ stage, glass, viewport, tools, activeTool: () => tools[store.state.tool], isLent: isLookedAtOnly });
bindKeyboard({ store, acts, setAnswer: acts.setAnswer, isOn: hotkeys.isOn, lend });
document.addEventListener('click', (event) => {
  const name = event.target.closest('[data-act]')?.dataset.act;
  if (name) acts[name]?.(event);
});
store.subscribe((state, before) => {
  if (state.ontology) shapes.render(state);
  if (isOnlyWork(state, before)) return;
  panels.render(state, before);
  stagePanel.render(state, before);
  issues.render(state);
  // A refusal belongs to the row it was about; good news may stay its six seconds.
  if (state.row !== before.row && document.querySelector('[data-toast="bad"], [data-toast="warn"]')) hideToast();
});

announce('');
sweepDrafts();
goLive();
queue.next();
