// Moves the picture under the hand. Space lends it to any other tool while held.

export function createPanTool({ viewport }) {
  let last = null;
  return {
    name: 'pan',
    cursor: () => (last ? 'grabbing' : 'grab'),
    down(_, event) {
      last = [event.clientX, event.clientY];
    },
    move(_, event) {
      if (!last) return;
      viewport.pan(event.clientX - last[0], event.clientY - last[1]);
      last = [event.clientX, event.clientY];
    },
    up() {
      last = null;
    },
    cancel() {
      last = null;
      return false;
    },
    interrupt() {
      last = null;
    },
  };
}
