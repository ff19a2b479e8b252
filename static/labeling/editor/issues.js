// Issues of the open row: pins on the picture, the popover, the list at the right, and what comes in live.
import { el, icon, placeKeepingFocus, svg } from '../../shared/dom.js';
import { post } from '../../shared/http.js';
import { announce, toast } from '../../shared/notice.js';
import { boundsOf } from './geometry.js';
import { objectOf } from './payload.js';
import { issueThread, newIssueForm, stateChip } from './issue_popover.js';
import { placePopover } from './placement.js';
import { keptText } from './submit.js';

const HANDLE = 8;

export function createIssues({ overlay, stage, list, count, section }, { store, viewport, page }) {
  const popover = el('section', { class: 'cl-popover issue', role: 'dialog', 'data-issue-popover': true, 'data-over-stage': true, hidden: true });
  const joint = svg('line', { class: 'issue-line' });
  const lines = svg('svg', { class: 'issue-lines', 'aria-hidden': 'true' }, joint);
  const pins = el('div', {});
  const replies = new Map();
  let shown = null;
  overlay.append(lines, pins, popover);

  const labelOf = (code) => page.issue_categories.find((category) => category.code === code)?.label || code;
  const close = () => {
    store.set({ openIssue: null, newIssue: null });
    stage.focus({ preventScroll: true });
  };
  const put = (issue) => store.set({ issues: [...store.state.issues.filter((one) => one.uid !== issue.uid), issue].sort((a, b) => a.number - b.number) });
  const failed = (error) => toast('bad', `${error.message} Your text is still here.${keptText(error)}`);

  async function send({ category, text }) {
    const { row, newIssue } = store.state;
    try {
      const answer = await post(row.urls.open_issue, { row: row.row.uid, pin: newIssue.pin, category, text });
      const issue = answer.issue || answer;
      put(issue);
      store.set({ newIssue: null, openIssue: issue.uid });
      announce(`Issue ${issue.number} is open. You can go on and submit.`);
    } catch (error) {
      failed(error);
    }
  }

  async function reply(issue, text) {
    try {
      const answer = await post(issue.urls.comment, { text });
      replies.delete(issue.uid);
      const known = store.state.issues.find((one) => one.uid === issue.uid) || issue;
      const comment = answer.comment || answer;
      if (answer.issue || answer.comments) put(answer.issue || answer);
      else if (!known.comments.some((one) => one.uid === comment.uid)) put({ ...known, comments: [...known.comments, comment] });
    } catch (error) {
      failed(error);
    }
  }

  async function solve(issue) {
    try {
      const answer = await post(issue.urls.resolve, {});
      const known = store.state.issues.find((one) => one.uid === issue.uid) || issue;
      put({ ...known, ...(answer.issue || { state: answer.state || 'resolved' }) });
    } catch (error) {
      failed(error);
    }
  }

  function fill(state) {
    const issue = state.issues.find((one) => one.uid === state.openIssue);
    popover.hidden = !issue && !state.newIssue;
    if (popover.hidden) return popover.replaceChildren();
    popover.setAttribute('aria-label', issue ? `Issue ${issue.number}` : 'Ask about this spot');
    return placeKeepingFocus(popover, (issue
      ? issueThread(issue, { me: page.person, categoryLabel: labelOf(issue.category), draft: replies.get(issue.uid) || '', onReply: (text) => reply(issue, text),
        onSolve: () => solve(issue), onClose: close, onType: (text) => replies.set(issue.uid, text) })
      : newIssueForm(page.issue_categories, { onSend: send, onClose: close })));
  }

  function pin(issue) {
    return el('button', { type: 'button', class: 'pin', 'data-pin': issue.uid, 'data-over-stage': true, 'aria-label': `Issue ${issue.number}: ${issue.text}`,
      on: { click: () => store.set({ openIssue: store.state.openIssue === issue.uid ? null : issue.uid, newIssue: null }) } }, el('span', {}, issue.number));
  }

  const pinned = (state) => [...state.issues.filter((issue) => issue.pin), ...(state.newIssue ? [{ uid: 'new', number: '?', text: 'new', pin: state.newIssue.pin }] : [])];

  function place() {
    const { state } = store;
    for (const issue of pinned(state)) {
      const [x, y] = viewport.toStage([issue.pin.x, issue.pin.y]);
      const node = pins.querySelector(`[data-pin="${issue.uid}"]`);
      if (node) node.style.transform = `translate(${x}px, ${y}px)`;
    }
    const open = state.newIssue || state.issues.find((one) => one.uid === state.openIssue);
    joint.toggleAttribute('hidden', true);
    if (!open) return;
    const at = open.pin ? viewport.toStage([open.pin.x, open.pin.y]) : [stage.clientWidth, 0];
    const selected = objectOf(state.payload, state.selected);
    const avoid = selected && ((bounds) => [...viewport.toStage(bounds.slice(0, 2)).map((part) => part - HANDLE), ...viewport.toStage(bounds.slice(2)).map((part) => part + HANDLE)])(boundsOf(selected.kind, selected.value));
    const size = { width: popover.offsetWidth, height: popover.offsetHeight };
    const spot = placePopover(at, size, { width: stage.clientWidth, height: stage.clientHeight }, avoid);
    popover.style.left = `${spot.x}px`;
    popover.style.top = `${spot.y}px`;
    if (!spot.needsLine || !open.pin) return;
    const end = [Math.min(Math.max(at[0], spot.x), spot.x + size.width), Math.min(Math.max(at[1], spot.y), spot.y + size.height)];
    joint.toggleAttribute('hidden', false);
    Object.entries({ x1: at[0], y1: at[1] - 20, x2: end[0], y2: end[1] }).forEach(([name, value]) => joint.setAttribute(name, value));
  }

  function showList(state) {
    section.hidden = !state.issues.length;
    count.textContent = state.issues.length;
    list.replaceChildren(...state.issues.map((issue) => el('li', {}, el('button', { type: 'button', class: 'issue-row', 'data-issue': issue.uid,
      on: { click: () => store.set({ openIssue: issue.uid, newIssue: null }) } },
    el('span', { class: 'issue-row__text' }, `${issue.number} · ${issue.text}`), stateChip(issue)))));
  }

  function render(state) {
    if (!shown || shown.issues !== state.issues || shown.newIssue !== state.newIssue) {
      pins.replaceChildren(...pinned(state).map(pin));
      showList(state);
    }
    const isOther = !shown || shown.openIssue !== state.openIssue || shown.newIssue !== state.newIssue;
    if (isOther || shown.issues !== state.issues) fill(state);
    if (isOther && state.newIssue) popover.querySelector('select')?.focus();
    if (isOther && state.openIssue) popover.querySelector('[name=text], [data-issue-close]')?.focus({ preventScroll: true });
    shown = state;
    place();
  }

  /** A live event about an issue of the open row; anything else is left alone. */
  function take(payload) {
    const { issue, comment } = payload;
    const uid = issue?.uid || payload.issue_uid || (typeof issue === 'string' ? issue : null);
    const known = store.state.issues.find((one) => one.uid === uid);
    if (issue?.comments && (known || issue.row === store.state.row?.row.uid)) put({ ...known, ...issue, urls: issue.urls || known?.urls });
    else if (known && comment && !known.comments.some((one) => one.uid === comment.uid)) {
      put({ ...known, state: payload.state || known.state, comments: [...known.comments, comment] });
      announce(`${comment.author.name} answered issue ${known.number}.`);
    } else if (known && payload.state) put({ ...known, state: payload.state });
  }

  return { render, place, take };
}
