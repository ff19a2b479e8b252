// What this browser keeps: drafts by key, in IndexedDB because a label may be larger than what local storage takes.
// Without it (private windows) the memory of the page serves, and the page says less than it would like to.

const NAME = 'crewline';
const DRAFTS = 'drafts';
const KEPT_DAYS = 30;
let opening = null;
const memory = new Map();

function asPromise(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(DRAFTS);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

const drafts = async (mode) => (await database()).transaction(DRAFTS, mode).objectStore(DRAFTS);

/** True when it is kept even if the browser is closed now. */
export async function keepDraft(key, draft) {
  memory.set(key, draft);
  try {
    await asPromise((await drafts('readwrite')).put(draft, key));
    return true;
  } catch {
    return false;
  }
}

export async function keptDraft(key) {
  try {
    return (await asPromise((await drafts('readonly')).get(key))) || null;
  } catch {
    return memory.get(key) || null;
  }
}

export async function forgetDraft(key) {
  memory.delete(key);
  try {
    await asPromise((await drafts('readwrite')).delete(key));
  } catch {
    // Nothing was kept there.
  }
}

/** Drafts that the server has and nobody touched for a month; unsent work is never swept. */
export async function sweepDrafts(now = Date.now()) {
  try {
    const store = await drafts('readwrite');
    const [keys, values] = await Promise.all([asPromise(store.getAllKeys()), asPromise(store.getAll())]);
    values.forEach((draft, index) => {
      if (!draft.isUnsent && !draft.outline && !draft.question && now - draft.changedAt > KEPT_DAYS * 86400000) store.delete(keys[index]);
    });
  } catch {
    // Nothing to sweep.
  }
}
