// What reviewers read at this step, above the objects. Of earlier decisions nothing is known here.
export function createStepPanel({ section, words }) {
  let shown = null;
  return (state) => {
    if (shown === state.row) return;
    shown = state.row;
    const step = state.row?.review_step;
    section.hidden = !step?.instructions;
    section.querySelector('h2').textContent = step?.name || '';
    words.textContent = step?.instructions || '';
  };
}
