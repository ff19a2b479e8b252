// One issue in place: a new question about a spot, or the thread with a reply. Few lines, no page change.
import { el, icon } from '../../shared/dom.js';
import { shortClock } from '../../shared/time.js';
import { ruleChoice } from './reason_dialog.js';

const STATES = {
  open: ['', 'Open', 'comment'],
  answered: ['cl-chip--ok', 'Answered', 'check'],
  resolved: ['cl-chip--ok', 'Solved', 'check'],
};

export function stateChip(issue) {
  const [tone, word, sign] = STATES[issue.state] || ['', issue.state, 'comment'];
  return el('span', { class: `cl-chip ${tone}`, 'data-issue-state': issue.state }, icon(sign), word);
}

const closeButton = (onClose) => el('button', { type: 'button', class: 'cl-button cl-button--quiet cl-button--icon cl-button--small cl-push', 'aria-label': 'Close', 'data-issue-close': true,
  on: { click: onClose } }, icon('cross'));

function line(person, moment, text, me) {
  const name = person.name === me.name ? 'You' : person.name;
  return el('li', { class: 'thread__line' }, el('span', { class: 'cl-avatar', 'aria-hidden': 'true' }, person.initials),
    el('div', {}, el('p', { class: 'thread__who' }, el('b', {}, name), ` ${shortClock(moment)}`), el('p', {}, text)));
}

function sendOnEnter(event) {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  event.stopPropagation();
  event.target.form.requestSubmit();
}

/** onReply(text), onSolve(), onClose(). */
export function issueThread(issue, { me, categoryLabel, draft, isDeaf, onReply, onSolve, onClose, onType }) {
  const reply = el('input', { class: 'cl-input', name: 'text', placeholder: 'Reply', 'aria-label': 'Reply', autocomplete: 'off', maxlength: 2000, value: draft,
    'data-focus': 'issue reply', on: { input: () => onType(reply.value), keydown: sendOnEnter } });
  const form = el('form', { class: 'thread__reply', 'data-issue-reply': true, on: { submit: (event) => {
    event.preventDefault();
    if (reply.value.trim()) onReply(reply.value.trim());
  } } }, reply, issue.urls.resolve && issue.state !== 'resolved'
    && el('button', { type: 'button', class: 'cl-button', 'data-issue-solve': true, on: { click: onSolve } }, 'Mark solved'));
  return [
    el('header', { class: 'issue__head' }, el('h2', {}, `Issue ${issue.number}`), el('span', { class: 'cl-chip' }, categoryLabel), stateChip(issue), closeButton(onClose)),
    issue.rule && el('p', { class: 'cl-caption', 'data-issue-rule': issue.rule.uid }, `Rule ${issue.rule.title}`),
    el('ol', { class: 'thread' }, line(issue.author, issue.opened_at, issue.text, me),
      issue.comments.map((comment) => line(comment.author, comment.made_at || comment.created_at, comment.text, me))),
    isDeaf && el('p', { class: 'cl-caption thread__deaf', 'data-issue-deaf': true }, icon('warn'), 'Not live: later answers show when the row is opened again.'),
    issue.urls.comment && form,
  ];
}

/** `draft` is what was typed before, {category, text, rule} or null. onType(draft), onSend({category, text, rule}), onClose(), onGiveUp(). */
export function newIssueForm(categories, rules, { draft, onType, onSend, onClose, onGiveUp }) {
  const type = () => onType(text.value.trim() ? { category: category.value, text: text.value, rule: citing()?.value || '' } : null);
  const category = el('select', { class: 'cl-input', name: 'category', on: { change: type } },
    categories.map((one) => el('option', { value: one.code, selected: one.code === draft?.category }, one.label)));
  const rule = ruleChoice(rules, draft?.rule, { change: type });
  const citing = () => rule && rule.querySelector('select');
  const text = el('textarea', { class: 'cl-input', name: 'text', rows: 3, required: true, maxlength: 2000, value: draft?.text ?? '', 'data-focus': 'issue text', on: { input: type } });
  return [
    el('header', { class: 'issue__head' }, el('h2', {}, 'Ask about this spot'), closeButton(onClose)),
    el('form', { class: 'issue__form', 'data-issue-form': true, on: { submit: (event) => {
      event.preventDefault();
      const entries = new FormData(event.target);
      if (entries.get('text').trim()) onSend({ category: entries.get('category'), text: entries.get('text').trim(), rule: entries.get('rule') || '' });
    } } },
    el('label', { class: 'cl-field' }, 'What is it about?', category),
    el('label', { class: 'cl-field' }, 'Your question', text), rule,
    el('div', { class: 'cl-actions' }, el('button', { type: 'button', class: 'cl-button', on: { click: onGiveUp } }, 'Cancel'),
      el('button', { type: 'submit', class: 'cl-button cl-button--main', 'data-issue-send': true }, 'Ask'))),
  ];
}
