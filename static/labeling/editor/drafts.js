// Autosave: the browser first, the server at most two seconds later. The save state always says where the work is.
import { put } from '../../shared/http.js';
import { forgetDraft, keepDraft, keptDraft } from './browser_store.js';
import { completePayload, isSamePayload, newId } from './payload.js';

const BROWSER_MS = 150;
const SERVER_MS = 1000;
const LONGEST_MS = 2000;
const RETRY_MS = [2000, 4000, 8000, 15000];
const tab = newId();

export function createDrafts({ store, person, onConflict, onRefused, onSaved }) {
  let work = null; // {row, key, revision, savedEdits, keptEdits, firstUnsavedAt}
  let browserTimer = null;
  let serverTimer = null;
  let sending = null;
  let failures = 0;
  let isHeld = false;

  const isReview = (row) => row.slot.kind === 'review';
  // Each label of a row is reviewed by itself.
  const keyOf = (row) => `${person.uid}:${row.row.uid}:${row.slot.kind}${isReview(row) ? `:${row.label.uid}` : ''}`;
  const olderKeyOf = (row) => `${keyOf(row)}:older`;
  /** The label and version that the work is typed over; none for a fresh label. */
  const typedOver = (row) => (row.label ? `${row.label.uid}:${row.label.version}` : null);
  const isUnsent = () => work !== null && work.savedEdits !== store.state.edits;
  const isLoose = () => isUnsent() || browserTimer !== null;
  const setSave = (kind, at = new Date()) => store.set({ save: { kind, at, since: kind === store.state.save?.kind ? store.state.save.since : at } });

  async function keep() {
    clearTimeout(browserTimer);
    browserTimer = null;
    // Without its row on the page there is nothing of it to keep.
    if (!work || store.state.row !== work.row) return;
    const mine = work;
    mine.keptEdits = store.state.edits;
    await keepDraft(mine.key, { payload: store.state.payload, revision: mine.revision, isUnsent: isUnsent(), changedAt: Date.now(), submitKey: mine.submitKey,
      typedOver: typedOver(mine.row), words: mine.words, outline: store.state.outline, question: store.state.question });
  }

  function later(wait) {
    clearTimeout(serverTimer);
    if (isHeld) return;
    serverTimer = setTimeout(save, wait);
  }

  function failed(mine, error) {
    if (work !== mine) return;
    if (error.code === 'draft_conflict' && isSamePayload(error.answer.theirs.payload, store.state.payload)) {
      // Two tabs with the same work have nothing to quarrel about.
      mine.revision = error.answer.theirs.revision;
      later(0);
    } else if (error.code === 'draft_conflict') {
      setSave('kept');
      onConflict(error.answer.theirs);
    } else if (error.isTransient) {
      setSave(error.isOffline ? 'offline' : 'kept');
      later(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
      failures += 1;
    } else {
      setSave('kept');
      onRefused(error);
    }
  }

  async function send() {
    const mine = work;
    const edits = store.state.edits;
    try {
      const answer = await put(mine.row.urls.draft, { base_revision: mine.revision, payload: store.state.payload, tab, version: isReview(mine.row) ? mine.row.label.version : null,
        ...(mine.keepsOther && { keeps_other: true }) });
      mine.revision = answer.revision;
      mine.keepsOther = false;
      if (work !== mine) return;
      mine.savedEdits = edits;
      mine.firstUnsavedAt = isUnsent() ? Date.now() : null;
      failures = 0;
      onSaved();
      // What was changed meanwhile is not there yet, and "Saved" would not be true of it.
      if (isUnsent()) setSave('saving');
      else setSave('saved', answer.saved_at ? new Date(answer.saved_at) : new Date());
      await keep();
    } catch (error) {
      failed(mine, error);
    }
  }

  /** Sends what is unsent; one request at a time, so that revisions follow each other. */
  async function save() {
    clearTimeout(serverTimer);
    serverTimer = null;
    if (sending) {
      await sending;
      if (isUnsent() && !serverTimer) later(SERVER_MS);
      return;
    }
    if (isHeld || !isUnsent() || store.state.row !== work.row || !work.row.urls.draft) return;
    sending = send();
    await sending;
    sending = null;
  }

  function keepSoon() {
    clearTimeout(browserTimer);
    browserTimer = setTimeout(keep, BROWSER_MS);
  }

  function changed() {
    if (!work.row.urls.draft) {
      // Practice has no place on the server: the browser keeps it until it is answered.
      setSave('here');
      return keepSoon();
    }
    work.firstUnsavedAt ??= Date.now();
    if (!['offline', 'kept'].includes(store.state.save?.kind)) setSave('saving');
    keepSoon();
    const waited = Date.now() - work.firstUnsavedAt;
    return later(Math.max(0, Math.min(SERVER_MS, LONGEST_MS - waited)));
  }

  store.subscribe((state, before) => {
    if (!work || state.row !== work.row) return;
    if (state.edits !== before.edits && isUnsent()) changed();
    // Open points and a question being typed are no label: the server has no place for them, this browser has.
    else if (state.row === before.row && (state.outline !== before.outline || state.question !== before.question)) keepSoon();
  });
  addEventListener('online', () => isUnsent() && save());
  addEventListener('offline', () => isUnsent() && setSave('offline'));
  document.addEventListener('visibilitychange', () => document.hidden && isLoose() && (keep(), save()));
  addEventListener('pagehide', () => isLoose() && keep());

  return {
    /** The payload to begin with: the browser's when it holds work over this very label that the server never got, else
        the server's. Other work is offered as `older`: {payload, isHere, at}; it is never in place of the label. */
    async start(row, fallback) {
      clearTimeout(serverTimer);
      const kept = await keptDraft(keyOf(row));
      const revision = row.draft?.revision ?? 0;
      const isOfLabel = (kept?.typedOver ?? null) === typedOver(row);
      const useKept = Boolean(kept?.isUnsent) && isOfLabel && kept.revision >= revision;
      const payload = completePayload(useKept ? kept.payload : row.draft?.payload ?? fallback);
      // The record of this row is written over from here on, so what is not used gets one of its own.
      if (kept?.isUnsent && !useKept) await keepDraft(olderKeyOf(row), kept);
      const here = await keptDraft(olderKeyOf(row));
      const there = row.older_draft;
      const older = (here && { payload: here.payload, isHere: true, at: new Date(here.changedAt) }) || (there && { payload: there.payload, isHere: false, at: new Date(there.updated_at) });
      return { payload, isRestored: useKept, older: older || null, submitKey: isOfLabel ? kept?.submitKey || null : null, words: (isOfLabel && kept?.words) || {},
        outline: (isOfLabel && kept?.outline) || null, question: kept?.question || null };
    },
    /** Takes over the row that the store now shows. */
    follow(row, { isRestored, submitKey, words }) {
      work = { row, key: keyOf(row), revision: row.draft?.revision ?? 0, savedEdits: store.state.edits, keptEdits: store.state.edits, firstUnsavedAt: null, submitKey, words };
      failures = 0;
      if (row.draft) setSave('saved', new Date(row.draft.updated_at));
      else store.set({ save: { kind: 'none', at: null } });
      if (!isRestored) return;
      work.savedEdits = -1;
      changed();
    },
    /** While a submit is on its way no draft follows it: one that came later would stay behind. */
    async hold() {
      isHeld = true;
      clearTimeout(serverTimer);
      await keep();
      // A line that hangs must not hold the submit back for long.
      if (sending) await Promise.race([sending, new Promise((resolve) => { setTimeout(resolve, 2000); })]);
    },
    go() {
      isHeld = false;
      if (isUnsent()) later(0);
    },
    async settle() {
      await keep();
      await save();
    },
    keep,
    /** The row goes from the page: what is not kept yet is kept first. */
    async leave() {
      if (!isLoose()) return;
      const kept = keep();
      save();
      await kept;
    },
    /** Goes on from another tab's revision with this tab's payload; the server keeps the other's beside it. */
    async rebase(revision) {
      if (!work) return;
      work.revision = revision;
      work.keepsOther = true;
      await save();
    },
    /** What takes the place of this tab's work from here on leaves it, as a copy, on the server. */
    keepOther() {
      if (work) work.keepsOther = true;
    },
    /** What a submit says of the draft it was made from, so that a late one never takes the place of newer work. */
    get base() { return { draft_revision: work?.revision ?? null, tab }; },
    /** A refused submit was kept as the next revision of this tab's own draft. */
    adopt(revision) {
      if (work) work.revision = revision;
    },
    /** What was said in a dialog (`name`), kept with the row until it is sent, so that the dialog opens with it again. */
    words: (name) => work?.words[name] || null,
    keepWords(name, chosen) {
      if (!work) return null;
      work.words = { ...work.words, [name]: chosen };
      return keep();
    },
    get submitKey() { return work?.submitKey || null; },
    keepSubmitKey(submitKey) {
      if (!work) return null;
      work.submitKey = submitKey;
      return keep();
    },
    async forget(row) {
      clearTimeout(serverTimer);
      clearTimeout(browserTimer);
      if (work?.row === row) work = null;
      if (sending) await sending;
      await forgetDraft(keyOf(row));
      await forgetDraft(olderKeyOf(row));
    },
  };
}
