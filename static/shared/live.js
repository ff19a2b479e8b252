// One socket for everything live. Every stream remembers the last number seen, so a new connection asks for what was missed.

const FIRST_WAIT_MS = 500;
// With the spread below, the line is back at the latest five seconds after it could be.
const LONGEST_WAIT_MS = 3000;
const SIGNED_OUT = 4401;
const NO_RIGHT = 4403;
// A line that died without a word is found by asking: who gets no answer connects anew.
const ASK_EVERY_MS = 20000;
const LONGEST_SILENCE_MS = 5000;

// What stands in the header of every page joins the page's own connection, so that no page has two.
let ofPage = null;
export const connectionOfPage = () => ofPage;

function absolute(address) {
  const url = new URL(address, location.href);
  if (url.protocol.startsWith('http')) url.protocol = url.protocol.replace('http', 'ws');
  return url.href;
}

/**
 * Connects to `address` (it comes from the page, never from code).
 * onEvent(event), onFollowing(stream) once for a stream without a past: what was said before is not told,
 * onReset(stream) when too much was missed, onRefused(stream), onState(state, since): "live", "behind" or "off".
 */
export function connectLive({ address, onEvent, onFollowing = () => {}, onReset = () => {}, onRefused = () => {}, onState = () => {}, onEnd = () => {}, askEvery = ASK_EVERY_MS, longestSilence = LONGEST_SILENCE_MS }) {
  const seen = new Map();
  // Streams that something beside the page listens to: what is told of those alone is no matter of the page.
  const beside = new Map();
  const only = new Set();
  let socket = null;
  let again = null;
  let wait = FIRST_WAIT_MS;
  let isEnded = false;
  let wasSignedOut = false;
  let silence = null;

  const say = (message) => socket?.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message));
  const ask = (stream) => say({ follow: stream, ...(seen.get(stream) === null ? {} : { since: seen.get(stream) }) });

  function take(message) {
    const stream = message.following || message.reset || message.refused || message.stream;
    // The answer to a knock says nothing new.
    const isKnown = message.following && seen.get(stream) !== null;
    const isNew = message.stream ? seen.has(stream) && message.seq > (seen.get(stream) ?? -1) : !isKnown;
    if (isNew) beside.get(stream)?.(message);
    takeForPage(message, only.has(stream));
  }

  function takeForPage(message, isBeside) {
    if (message.following) {
      if (seen.get(message.following) !== null) return;
      seen.set(message.following, message.since);
      if (!isBeside) onFollowing(message.following);
    } else if (message.reset) {
      if (!seen.has(message.reset)) return;
      seen.set(message.reset, message.seq);
      if (!isBeside) onReset(message.reset);
    } else if (message.refused) {
      seen.delete(message.refused);
      if (!isBeside) onRefused(message.refused);
    } else if (message.stream && seen.has(message.stream)) {
      // The same event may come twice, by a hint and by the server's own look.
      if (message.seq <= (seen.get(message.stream) ?? -1)) return;
      seen.set(message.stream, message.seq);
      if (!isBeside) onEvent(message);
    }
  }

  function heard(event) {
    clearTimeout(silence);
    silence = null;
    take(JSON.parse(event.data));
  }

  /** Asks for what was missed of one stream; the server always answers. */
  function knock() {
    const known = [...seen.keys()].find((stream) => seen.get(stream) !== null);
    if (!known || silence || socket?.readyState !== WebSocket.OPEN) return;
    ask(known);
    silence = setTimeout(giveUp, longestSilence);
  }

  /** A browser waits up to a minute for a dead line to say goodbye; the page does not. */
  function giveUp() {
    const dead = socket;
    if (!dead) return;
    socket = null;
    dead.close();
    closed({});
  }

  function closed(event) {
    clearTimeout(silence);
    silence = null;
    socket = null;
    onState('off', new Date());
    if (event.code === SIGNED_OUT || event.code === NO_RIGHT) {
      isEnded = true;
      wasSignedOut = event.code === SIGNED_OUT;
      onEnd(event.code === SIGNED_OUT ? 'signed_out' : 'no_right');
    }
    if (isEnded) return;
    // Spread out, so that a restarted server is not met by all pages at once.
    again = setTimeout(open, wait * (0.5 + Math.random()));
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }

  function open() {
    clearTimeout(again);
    again = null;
    const mine = new WebSocket(absolute(address));
    socket = mine;
    // What is still to come from one that was given up is no news.
    const on = (kind, act) => mine.addEventListener(kind, (event) => socket === mine && act(event));
    silence = setTimeout(giveUp, 2 * longestSilence);
    on('open', () => {
      clearTimeout(silence);
      silence = null;
      wait = FIRST_WAIT_MS;
      onState('live', new Date());
      for (const stream of seen.keys()) ask(stream);
    });
    on('message', heard);
    on('close', closed);
  }

  // A socket does not notice by itself that the line is gone; the browser does, and also when it is back.
  addEventListener('offline', giveUp);
  addEventListener('online', () => again && open());
  if (address) {
    open();
    setInterval(knock, askEvery);
  }
  const connection = {
    follow(stream) {
      only.delete(stream);
      if (seen.has(stream)) return;
      seen.set(stream, null);
      ask(stream);
    },
    leave(stream) {
      if (beside.has(stream)) only.add(stream);
      else if (seen.delete(stream)) say({ leave: stream });
    },
    /** `listen` gets what comes of `stream`, whether the page follows it or not. */
    hear(stream, listen) {
      beside.set(stream, listen);
      if (seen.has(stream)) return;
      only.add(stream);
      seen.set(stream, null);
      ask(stream);
    },
    /** The page learned that somebody is signed in again: goes on from where it was cut. */
    resume() {
      if (!wasSignedOut) return;
      wasSignedOut = false;
      isEnded = false;
      open();
    },
    end() {
      isEnded = true;
      clearTimeout(again);
      giveUp();
    },
  };
  ofPage ??= connection;
  return connection;
}
