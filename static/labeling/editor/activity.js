// Active time of the row as its maker sees it: seconds with input within the last minute and the page in sight.
// The server measures by itself from heartbeats; this clock only shows.

const ACTIVE_MS = 60000;
const INPUTS = ['pointerdown', 'pointermove', 'wheel', 'keydown', 'input'];

export function createActivity(onTick) {
  let lastInput = Date.now();
  let lastTick = Date.now();
  let seconds = 0;
  let interactions = 0;
  let isRunning = false;

  const isActive = () => !document.hidden && Date.now() - lastInput < ACTIVE_MS;

  for (const name of INPUTS) {
    document.addEventListener(name, () => {
      lastInput = Date.now();
      if (name !== 'pointermove') interactions += 1;
    }, { capture: true, passive: true });
  }
  setInterval(() => {
    const now = Date.now();
    // A machine that slept wakes with one long step; nobody worked in it.
    if (isRunning && isActive()) seconds += Math.min(now - lastTick, 2000) / 1000;
    lastTick = now;
    onTick(seconds, isActive());
  }, 1000);

  return {
    restart() {
      seconds = 0;
      isRunning = true;
      onTick(0, true);
    },
    stop() {
      isRunning = false;
    },
    get seconds() { return seconds; },
    /** How many inputs since the last call; never what they were. */
    takeInteractions() {
      const count = interactions;
      interactions = 0;
      return count;
    },
  };
}
