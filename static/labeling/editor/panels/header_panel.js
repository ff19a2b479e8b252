// The bar at the top, left to right as people ask: where am I, how far, how long, is it safe, why this, what now.
import { announce } from '../../../shared/notice.js';
import { el, icon, setText } from '../../../shared/dom.js';
import { clock, duration, shortClock } from '../../../shared/time.js';

const KINDS = { label: 'Labeling', rework: 'Rework', review: 'Review', practice: 'Practice', practised: 'Practice' };
const SAVES = {
  none: () => ({ sign: 'check', tone: 'quiet', text: 'Nothing to save yet' }),
  saving: () => ({ sign: 'clock', tone: 'quiet', text: 'Saving' }),
  saved: ({ at }) => ({ sign: 'check', tone: 'ok', text: `Saved ${clock(at)}`, said: 'Saved.' }),
  here: () => ({ sign: 'check', tone: 'quiet', text: 'Kept in this browser' }),
  kept: () => ({ sign: 'warn', tone: 'warn', text: 'Kept in this browser', said: 'Kept in this browser, not on the server yet.' }),
  offline: ({ since }) => ({ sign: 'warn', tone: 'warn', text: `Offline since ${shortClock(since)}. Kept in this browser`,
    said: `Offline since ${shortClock(since)}. Your work is kept in this browser and goes up when the line is back.` }),
};

function showSave(node, save, before) {
  node.hidden = !save;
  if (!save) return;
  const { sign, tone, text, said } = SAVES[save.kind](save);
  node.dataset.save = save.kind;
  node.className = `save save--${tone}`;
  node.replaceChildren(icon(sign), el('span', { class: 'save__text' }, text));
  node.title = said || text;
  // Changes of state only: being saved again is no news.
  const wasSafe = !before || ['none', 'saving', 'saved', 'here'].includes(before.kind);
  const isSafe = ['none', 'saving', 'saved', 'here'].includes(save.kind);
  if (said && (!isSafe || !wasSafe) && before?.kind !== save.kind) announce(said);
}

function showWhy(part, row, leaseText) {
  setText(part('why'), row?.slot.why?.text || 'Next in the queue');
  setText(part('why-text'), row ? `${row.slot.why?.text || 'Next in the queue'}.` : '');
  setText(part('why-lease'), leaseText());
  setText(part('why-row'), row ? row.row.external_id : '');
  // On a tablet the bar has no room for it; the sheet of objects has.
  setText(document.querySelector('[data-part="side-why"]'), part('why-text').textContent);
  setText(document.querySelector('[data-part="side-lease"]'), part('why-lease').textContent);
}

export function createHeaderPanel(root, { page, leaseText }) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  part('median').textContent = page.median_seconds ? `your median ${duration(page.median_seconds)}` : '';

  function render(state, before) {
    const project = state.row?.project || page.project;
    if (state.row !== before.row || state.mode !== before.mode) {
      part('project').textContent = project.name;
      part('kind').textContent = [state.row?.review_step?.name || KINDS[state.mode], project.batch && `batch ${project.batch}`].filter(Boolean).join(' · ');
      root.dataset.mode = state.mode;
    }
    if (state.row !== before.row || state.row) showWhy(part, state.row, leaseText);
    const isPractice = page.mode === 'practice';
    if (isPractice) setText(part('position'), `${state.today} ${state.today === 1 ? 'row' : 'rows'} practised`);
    else setText(part('position'), state.row ? `Row ${state.today + 1} today` : `${state.today} ${state.today === 1 ? 'row' : 'rows'} today`);
    setText(part('ready'), `${(state.ready || 0).toLocaleString('en')} more ready`);
    root.querySelector('.why').hidden = !state.row;
    if (state.save !== before.save || state.row !== before.row) showSave(part('save'), state.row ? state.save : null, before.save);
    const everyButton = (name) => document.querySelectorAll(`button[${name}]`);
    for (const button of everyButton('data-act="undo"')) button.disabled = !(state.past.length || state.outline) || state.isReadOnly;
    for (const button of everyButton('data-act="redo"')) button.disabled = !state.future.length || Boolean(state.outline) || state.isReadOnly;
    for (const button of everyButton('data-for')) button.hidden = !button.dataset.for.split(' ').includes(state.isFixing ? 'fixing' : state.mode);
    for (const button of everyButton('data-way-out')) button.disabled = !state.row || state.busy;
    for (const button of everyButton('data-act="release"')) button.hidden = isPractice;
    root.toggleAttribute('data-busy', Boolean(state.busy));
  }

  return {
    render,
    showTime(seconds, isActive) {
      part('timer').textContent = duration(seconds);
      part('timer').closest('[data-timer]').toggleAttribute('data-idle', !isActive);
    },
  };
}
