// Threads as the server has them now. A row was loaded some time before it is opened, and following tells only what comes
// from then on; so each thread is read once when its stream begins, and again when too much of it was missed.
import { readJson } from '../../shared/http.js';

const uidOf = (stream) => (stream.startsWith('issue:') ? stream.slice('issue:'.length) : null);

export function createIssueReader({ store, put }) {
  const reading = new Map(); // uid → whether a message came meanwhile

  const known = (uid) => store.state.issues.find((issue) => issue.uid === uid);

  /** Whether a thread of this row can be told live is said at its thread. */
  function mark(uid, isDeaf) {
    const others = store.state.deaf.filter((one) => one !== uid);
    if (isDeaf !== store.state.deaf.includes(uid)) store.set({ deaf: isDeaf ? [...others, uid] : others });
  }

  async function readIssue(uid) {
    if (!known(uid)?.urls?.read || reading.has(uid)) return;
    let issue = null;
    try {
      do {
        reading.set(uid, false);
        issue = await readJson(known(uid).urls.read);
        // An answer may be older than a message that came while it was on its way.
      } while (reading.get(uid) && known(uid));
      if (known(uid)) put(issue);
    } catch {
      if (known(uid)) mark(uid, true);
    } finally {
      reading.delete(uid);
    }
  }

  return {
    /** A stream began or lost its thread: its issue, or with a stream of another kind all issues of the row. */
    read(stream) {
      const uid = uidOf(stream);
      if (uid) {
        mark(uid, false);
        readIssue(uid);
      } else {
        store.state.issues.forEach((issue) => readIssue(issue.uid));
      }
    },
    refused(stream) {
      const uid = uidOf(stream);
      if (!uid || !known(uid)) return;
      mark(uid, true);
      readIssue(uid);
    },
    heard({ issue, issue_uid: issueUid }) {
      const uid = issue?.uid || issueUid || issue;
      if (reading.has(uid)) reading.set(uid, true);
    },
  };
}
