// The panels around the picture, wired to their places on the page.
import { createAppealPanel } from './appeal_panel.js';
import { createHeaderPanel } from './header_panel.js';
import { createKeysPanel } from './keys_panel.js';
import { createObjectsPanel } from './objects_panel.js';
import { createPictureQuestionsPanel } from './picture_questions_panel.js';
import { createPracticePanel } from './practice_panel.js';
import { createReasonsPanel } from './reasons_panel.js';
import { createStepPanel } from './step_panel.js';
import { createPicturePanel, createToolsPanel } from './tools_panel.js';

// A finger's click comes a little after its press.
const AFTER_PRESS_MS = 80;

export function createPanels(part, { store, acts, viewport, page, queue, isOn }) {
  const onFocus = (asked) => {
    // The focus of a question that is drawn anew comes back at once; only a real change counts.
    const key = asked?.key ?? null;
    if (key !== null && key !== store.state.focusedQuestion) store.set({ focusedQuestion: key });
  };
  const header = createHeaderPanel(part('header'), { page, leaseText: queue.leaseText });
  const renders = [
    header.render,
    createToolsPanel({ tools: part('tools'), classes: part('classes'), definition: part('definition') }, { store, acts }),
    createPicturePanel(part('picture-settings'), { store, plane: part('plane') }),
    createPracticePanel({ section: part('practice-section'), body: part('practice'), score: part('practice-score') }, { store, acts }),
    createStepPanel({ section: part('step-section'), words: part('step-instructions') }),
    createAppealPanel({ section: part('appeal-section'), body: part('appeal') }, { store, viewport }),
    createReasonsPanel({ section: part('reason-section'), list: part('reasons'), count: part('reason-count') }, { store }),
    createObjectsPanel({ list: part('objects'), count: part('object-count') }, { store, acts, viewport, onFocus }),
    createPictureQuestionsPanel({ section: part('question-section'), list: part('questions'), count: part('question-count') }, { acts, onFocus }),
    createKeysPanel({ list: part('keys'), live: part('live') }, { isOn }),
  ];

  // Between the press and the click nothing is drawn anew: the click would meet another element than the press, and be
  // lost. A press that ends elsewhere is over as well.
  let held = null; // {state, before} that waits, or null while nothing is pressed
  let over = null;
  function render(state, before) {
    if (held) held = { state, before: held.before ?? before };
    else renders.forEach((draw) => draw(state, before));
  }
  function release() {
    const waiting = held;
    held = null;
    if (waiting?.state) render(waiting.state, waiting.before);
  }
  function releaseSoon(wait) {
    clearTimeout(over);
    if (held) over = setTimeout(release, wait);
  }
  part('side').addEventListener('pointerdown', () => {
    clearTimeout(over);
    held ??= { state: null, before: null };
  });
  addEventListener('click', () => releaseSoon(0));
  for (const name of ['pointerup', 'pointercancel']) addEventListener(name, () => releaseSoon(AFTER_PRESS_MS));
  return { header, render };
}
