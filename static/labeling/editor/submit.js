// Sending a label, skipping a row, deciding on a label. Every way out of a row says what became of the work.
import { post } from '../../shared/http.js';
import { announce, toast } from '../../shared/notice.js';
import { shortClock } from '../../shared/time.js';
import { gapsOf } from './ontology.js';
import { newId } from './payload.js';

const RETRY_MS = [1000, 2000, 5000, 10000];
const pause = (ms) => new Promise((resolve) => {
  const done = () => { clearTimeout(timer); removeEventListener('online', done); resolve(); };
  const timer = setTimeout(done, ms);
  addEventListener('online', done);
});

/** Tells bodies apart (FNV-1a, 32 bit), so that a key from before a reload is used for its own body only. */
function fingerprint(body) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < body.length; i += 1) hash = Math.imul(hash ^ body.charCodeAt(i), 0x01000193);
  return `${body.length}.${(hash >>> 0).toString(16)}`;
}

/** What became of the work, when the server's sentence leaves it open. */
export function keptText(error, hasWords = false) {
  // Where the server keeps the reasons its sentence says so.
  if (error.answer?.reasons_kept) return '';
  if (hasWords) return ' Your words are kept in this browser.';
  if (error.answer?.kept_as === 'copy') return ' Other work on this row is newer; yours is kept beside it, under My issues.';
  if (error.draft_saved === true) return ' Your draft is saved.';
  return error.draft_saved === false || error.isOffline ? ' Your work is kept in this browser.' : '';
}

export function createSubmit({ store, drafts, queue, goTo, askReason, onLeaseEnded, onTrouble, onPractised, drawing }) {
  let sent = null; // {body, key}: the same body goes out under the same key, however often

  async function keyFor(body) {
    if (sent?.body !== body) {
      const [key, keptMark] = (drafts.submitKey || '').split('|');
      const mark = fingerprint(body);
      sent = { body, key: key && keptMark === mark && !sent ? key : newId() };
      // Kept with the draft: a page that dies between sending and hearing asks under the same key again.
      await drafts.keepSubmitKey(`${sent.key}|${mark}`);
    }
    return sent.key;
  }

  /** The key belongs to the act; which draft it was made from may differ after a reload. */
  async function sendUntilHeard(row, url, act, base = drafts.base) {
    const headers = { 'Idempotency-Key': await keyFor(JSON.stringify(act)) };
    const body = JSON.stringify({ ...act, ...base });
    let isGivenUp = false;
    const giveUp = { label: 'Go on editing', run: () => { isGivenUp = true; onTrouble('submit', null); dispatchEvent(new Event('online')); } };
    for (let tries = 0; ; tries += 1) {
      try {
        const answer = await post(url, body, { headers });
        onTrouble('submit', null);
        return { ...answer, tries };
      } catch (error) {
        if (!error.isTransient || store.state.row !== row || isGivenUp) throw error;
        onTrouble('submit', error, [giveUp]);
        await pause(RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]);
        if (isGivenUp) throw error;
      }
    }
  }

  function refused(error, hasWords) {
    if (error.isLeaseEnd) return onLeaseEnded(error);
    if (error.isSignedOut || error.isStalePage) return onTrouble('submit', error);
    if (error.code === 'ontology_changed') return toast('bad', `${error.message}${keptText(error, hasWords)}`, { label: 'Open the row again', run: () => location.reload() });
    const [fault] = error.answer?.faults || [];
    if (fault) {
      const index = /^features\[(\d+)\]/.exec(fault.path || '')?.[1];
      const entry = index === undefined ? null : store.state.payload.features[Number(index)];
      if (entry) goTo({ object: entry.id, chain: [] });
      return toast('bad', `Not sent: ${fault.message} Nothing was lost.`);
    }
    const isOver = [404, 409, 410].includes(error.status);
    return toast('bad', `${error.message}${keptText(error, hasWords)}`, isOver ? { label: 'Next row', run: () => queue.next() } : null);
  }

  async function leaveWith(act, hasWords = false) {
    if (store.state.busy || !store.state.row) return;
    drawing.settle();
    store.set({ busy: true });
    await drafts.hold();
    try {
      await act(store.state.row);
    } catch (error) {
      if (error.answer?.draft_revision) drafts.adopt(error.answer.draft_revision);
      refused(error, hasWords);
    } finally {
      drafts.go();
      store.set({ busy: false });
    }
  }

  async function goOn(row, sentence) {
    await drafts.forget(row);
    sent = null;
    announce(sentence);
    await queue.goOnFrom(row);
  }

  function stoppedByGap() {
    const [gap] = gapsOf(store.state.ontology, store.state.payload);
    if (!gap) return false;
    goTo(gap);
    toast('warn', `Not sent: ${gap.sentence} Nothing was lost.`);
    return true;
  }

  /** Compares the answer with the known one, which comes back with it and is shown beside it. */
  async function practise(row) {
    const answer = await sendUntilHeard(row, row.urls.answer, { payload: store.state.payload, ontology_version: row.ontology.version });
    await drafts.forget(row);
    sent = null;
    store.set({ mode: 'practised', practised: answer, isKnownHidden: false, isReadOnly: true, selected: null, vertex: null, work: null, outline: null, tool: 'select',
      today: (store.state.today || 0) + (answer.is_first ? 1 : 0) });
    const count = answer.differences.length;
    announce(`Compared with the known answer: ${Math.round(answer.score * 100)} %. ${count === 0 ? 'Nothing differs.' : `${count} ${count === 1 ? 'thing differs' : 'things differ'}.`}`);
    onPractised();
  }

  function submit() {
    if (store.state.mode === 'practised') return store.state.busy || !store.state.row ? null : goOn(store.state.row, 'The next row is open.');
    if (store.state.busy || !store.state.row || !drawing.settle('Not sent') || stoppedByGap()) return null;
    return leaveWith(async (row) => {
      if (row.urls.answer) return practise(row);
      const act = { lease_token: row.slot.lease_token, payload: store.state.payload, ontology_version: row.ontology.version };
      const answer = await sendUntilHeard(row, row.urls.submit, act);
      if (answer.status === 200 && answer.tries === 0) toast('ok', `Already submitted at ${shortClock(answer.submitted_at)}. Nothing was sent twice.`);
      store.set({ today: (store.state.today || 0) + 1 });
      if (answer.next) queue.add([].concat(answer.next));
      return goOn(row, 'Submitted. The next row is open.');
    });
  }

  async function skip() {
    // What came back has no skip: only its maker can do it.
    if (store.state.busy || !store.state.row?.urls.skip) return;
    const chosen = await askReason.skip();
    if (!chosen) return;
    drawing.settle();
    await drafts.keepWords('skip', chosen);
    await drafts.settle();
    await leaveWith(async (row) => {
      await post(row.urls.skip, { lease_token: row.slot.lease_token, reason: chosen.codes[0], comment: chosen.text });
      const what = row.slot.kind === 'review' ? 'review' : 'row';
      toast('ok', `Skipped: ${chosen.labels[0]}. You do not get this ${what} again.`);
      await goOn(row, `Skipped. The next ${what} is open.`);
    }, true);
  }

  /** decision: "approve", "fix" (with the mended payload) or "reject" (with reasons). */
  async function decide(decision, reasons = []) {
    if (store.state.busy || !store.state.row) return;
    if (decision === 'fix' && (!drawing.settle('Not sent') || stoppedByGap())) return;
    await leaveWith(async (row) => {
      const { payload } = store.state;
      await sendUntilHeard(row, row.urls.decide, { version: row.label.version, decision, reasons, lease_token: row.slot.lease_token,
        ...(decision === 'fix' ? { payload } : {}) });
      const maker = row.label.maker?.name || 'its maker';
      const count = `${reasons.length} ${reasons.length === 1 ? 'reason' : 'reasons'}`;
      const sentence = { approve: 'Approved.', fix: 'Fixed and approved.', reject: `Sent back to ${maker} with ${count}.` }[decision];
      toast('ok', sentence);
      store.set({ today: (store.state.today || 0) + 1 });
      await goOn(row, `${sentence} The next label is open.`);
    }, reasons.length > 0);
  }

  async function sendBack() {
    const { row, selected, busy } = store.state;
    if (busy || !row) return;
    const chosen = await askReason.sendBack();
    if (!chosen) return;
    await drafts.keepWords('sendBack', chosen);
    await decide('reject', chosen.codes.map((code) => ({ code, text: chosen.text, object: chosen.isAboutObject ? selected : null, rule: chosen.rule || '' })));
  }

  /** Instead of reworking: the label as it was sent back goes to somebody else, who decides anew. */
  async function appeal() {
    const { row, busy } = store.state;
    if (busy || !row?.urls.appeal) return;
    const chosen = await askReason.appeal();
    if (!chosen) return;
    await drafts.keepWords('appeal', chosen);
    await drafts.settle();
    await leaveWith(async () => {
      await sendUntilHeard(row, row.urls.appeal, { words: chosen.text, rule: chosen.rule, pins: chosen.pins }, {});
      toast('ok', 'Appealed. Somebody else looks at it; what becomes of it stands under My appeals.');
      await goOn(row, 'Appealed. The next row is open.');
    }, true);
  }

  async function release() {
    if (!store.state.row?.urls.release) return null;
    // A review that is only let go of would come straight back: somebody else is asked, with the reason.
    if (store.state.mode === 'review') return skip();
    drawing.settle();
    await drafts.settle();
    await leaveWith(async (row) => {
      await queue.release();
      toast('ok', 'Row given back. Your draft is kept for 30 days.');
      await queue.goOnFrom(row);
    });
    return null;
  }

  return { submit, skip, decide, sendBack, appeal, release };
}
