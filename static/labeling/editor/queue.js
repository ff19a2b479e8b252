// The rows in this tab's hand: claims them, keeps the next one loaded, beats for the open one, gives it back.
import { post } from '../../shared/http.js';
import { shortClock } from '../../shared/time.js';
import { emptyPayload } from './payload.js';
import { preloadPicture } from './pictures.js';

const HEARTBEAT_MS = 15000;
const LOOK_AGAIN_MS = 30000;
const RETRY_MS = 4000;
// Nothing of the row just left stays in sight.
const NO_ROW = { row: null, payload: emptyPayload(), past: [], future: [], selected: null, vertex: null, work: null, outline: null, issues: [], deaf: [], openIssue: null, newIssue: null, askBox: null, question: null, practised: null };

export function createQueue({ store, page, activity, show, leave, onLeaseEnded, onTrouble }) {
  let waiting = [];
  let claiming = null;
  let moving = null;
  let lookAgain = null;
  let beat = null;
  // The slot that the page was opened for, asked for once.
  let wanted = page.wanted || null;
  // Rows practised on in this tab: one that practises again goes through them once.
  const practised = [];

  const held = () => [store.state.row, ...waiting].filter(Boolean).map((row) => row.slot.uid);
  const isStale = (row) => row.slot.leased_until !== null && new Date(row.slot.leased_until) < new Date();

  async function claim() {
    const answer = await post(page.urls.claim, page.mode === 'practice' ? { have: [...held(), ...practised], again: page.again } : { have: held(), wanted });
    const known = new Set(held());
    const isWanted = (row) => wanted !== null && (row.slot.uid === wanted || row.slot.why?.code === 'taken_back');
    const fresh = answer.rows.filter((row) => !known.has(row.slot.uid)).sort((one, other) => isWanted(other) - isWanted(one));
    wanted = null;
    waiting.push(...fresh);
    for (const row of fresh) preloadPicture(row.row.asset_url);
    store.set({ today: answer.today, ready: waiting.length, empty: answer.empty });
    return answer;
  }

  /** One claim at a time, however many ask. */
  function refill() {
    claiming ??= claim().finally(() => { claiming = null; });
    return claiming;
  }

  function later(moment) {
    clearTimeout(lookAgain);
    const wait = moment ? Math.max(new Date(moment) - Date.now(), 1000) : LOOK_AGAIN_MS;
    lookAgain = setTimeout(next, Math.min(wait, LOOK_AGAIN_MS * 2));
  }

  async function fillOrExplain() {
    try {
      const answer = await refill();
      if (waiting.length) return true;
      store.set({ status: 'empty', row: null, empty: answer.empty || { code: 'empty', message: 'No row for you now.', next_at: null } });
      later(answer.empty?.next_at);
    } catch (error) {
      store.set({ status: 'fault', row: null, fault: error });
      clearTimeout(lookAgain);
      if (error.isTransient) lookAgain = setTimeout(next, RETRY_MS);
    }
    return false;
  }

  async function move() {
    clearTimeout(lookAgain);
    stopBeating();
    if (page.mode === 'practice' && store.state.row) practised.push(store.state.row.slot.uid);
    await leave();
    waiting = waiting.filter((row) => !isStale(row));
    if (!waiting.length) {
      store.set({ ...NO_ROW, ...(page.mode === 'practice' && { mode: page.mode, isReadOnly: false }), status: store.state.status === 'working' ? 'loading' : store.state.status });
      if (!(await fillOrExplain())) return;
    }
    const row = waiting.shift();
    store.set({ ready: waiting.length });
    await show(row);
    startBeating();
    if (waiting.length < 2) refill().catch(() => {});
  }

  /** Shows the next row; a move ends when its row is on the page, whether its picture is there or not. Claims when the hand is empty, and in the background when it runs low. One move at a time. */
  function next() {
    moving ??= move().finally(() => { moving = null; });
    return moving;
  }

  async function heartbeat() {
    const { row, isLeaseEnded } = store.state;
    // A row to practise on is leased to nobody, and no time is measured.
    if (!row || isLeaseEnded || !row.urls.heartbeat) return;
    try {
      const answer = await post(row.urls.heartbeat, { lease_token: row.slot.lease_token, interactions: activity.takeInteractions() });
      row.slot.leased_until = answer.leased_until;
      // The heartbeat of the open row renews the waiting ones too.
      for (const other of waiting) other.slot.leased_until = answer.leased_until;
      onTrouble('heartbeat', null);
    } catch (error) {
      if (store.state.row !== row) return;
      if (error.isLeaseEnd) onLeaseEnded(error);
      else onTrouble('heartbeat', error);
    }
  }

  function startBeating() {
    stopBeating();
    heartbeat();
    beat = setInterval(heartbeat, HEARTBEAT_MS);
  }

  function stopBeating() {
    clearInterval(beat);
    beat = null;
  }

  /** From `row` to another one. A move that is under way may be the one that brought `row`: only leaving it counts. */
  async function goOnFrom(row) {
    await moving?.catch(() => {});
    if (!store.state.row || store.state.row === row) await next();
  }

  /** Asks for the open row once more after its lease has ended; true when it came back with a new lease. */
  async function takeBack() {
    const { row } = store.state;
    const have = waiting.map((other) => other.slot.uid);
    const answer = await post(page.urls.claim, { have, wanted: row.slot.uid });
    const again = answer.rows.find((other) => other.row.uid === row.row.uid);
    waiting.push(...answer.rows.filter((other) => other !== again && !have.includes(other.slot.uid)));
    if (!again) return false;
    Object.assign(row.slot, again.slot);
    row.urls = again.urls;
    startBeating();
    return true;
  }

  async function release() {
    const { row } = store.state;
    if (!row) return;
    await post(row.urls.release, { lease_token: row.slot.lease_token });
  }

  document.addEventListener('visibilitychange', () => !document.hidden && beat && heartbeat());

  return {
    next,
    goOnFrom,
    refill,
    takeBack,
    release,
    stopBeating,
    leaseText: () => (store.state.row?.slot.leased_until ? `Reserved for you until ${shortClock(store.state.row.slot.leased_until)}.` : ''),
    get waitingCount() { return waiting.length; },
    /** Rows that came with another answer, such as that of a submit. */
    add(rows) {
      const known = new Set(held());
      const fresh = rows.filter((row) => row?.slot && !known.has(row.slot.uid));
      waiting.push(...fresh);
      for (const row of fresh) preloadPicture(row.row.asset_url);
    },
  };
}
