// Mouse, pen and fingers on the stage, handed to the tool in hand. Space, the middle button and two fingers always move
// the picture; the wheel zooms where it points. The cursor is the glass's: it is inherited, and below the stage a change of
// it would restyle every shape.

const ZOOM_STEP = 0.0016;
const isChrome = (target) => target.closest('[data-over-stage]') !== null;

export function bindPointer({ stage, glass, viewport, tools, activeTool, isLent }) {
  const fingers = new Map();
  let holder = null;
  let pinch = null;

  const place = (event) => viewport.toPicture(event.clientX, event.clientY);

  function middle() {
    const [a, b] = [...fingers.values()];
    return { at: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], far: Math.hypot(a[0] - b[0], a[1] - b[1]) };
  }

  function down(event) {
    if (isChrome(event.target)) return;
    // The default would select text; the focus it would have moved is moved by hand, so that keys reach the canvas.
    event.preventDefault();
    stage.focus({ preventScroll: true });
    glass.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (fingers.size === 2) {
      holder?.interrupt?.();
      holder = null;
      pinch = middle();
      return;
    }
    if (event.button === 2) return;
    holder = event.button === 1 || isLent() ? tools.pan : activeTool();
    holder.down(place(event), event);
    glass.style.cursor = holder.cursor(place(event));
  }

  function move(event) {
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (pinch && fingers.size === 2) {
      const now = middle();
      viewport.pan(now.at[0] - pinch.at[0], now.at[1] - pinch.at[1]);
      if (pinch.far) viewport.zoomAt(now.far / pinch.far, now.at);
      pinch = now;
    } else if (holder) {
      holder.move(place(event), event);
    } else if (!isChrome(event.target)) {
      const tool = isLent() ? tools.pan : activeTool();
      tool.hover?.(place(event), event);
      glass.style.cursor = tool.cursor(place(event));
    }
  }

  function up(event) {
    fingers.delete(event.pointerId);
    if (fingers.size < 2) pinch = null;
    holder?.up(place(event), event);
    holder = null;
  }

  function lost(event) {
    fingers.delete(event.pointerId);
    pinch = null;
    holder?.interrupt?.();
    holder = null;
  }

  function wheel(event) {
    if (isChrome(event.target)) return;
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 16 : 1;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) viewport.pan(-(event.deltaX || event.deltaY) * unit, 0);
    else viewport.zoomAt(Math.exp(-event.deltaY * unit * (event.ctrlKey ? 6 : 1) * ZOOM_STEP), [event.clientX, event.clientY]);
  }

  stage.addEventListener('pointerdown', down);
  stage.addEventListener('pointermove', move);
  stage.addEventListener('pointerup', up);
  stage.addEventListener('pointercancel', lost);
  stage.addEventListener('wheel', wheel, { passive: false });
  stage.addEventListener('contextmenu', (event) => !isChrome(event.target) && event.preventDefault());
  stage.addEventListener('dblclick', (event) => !isChrome(event.target) && activeTool().double?.(place(event), event));
}
