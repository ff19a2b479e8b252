// One issue in place: a new question about a spot, or the thread with a reply. Few lines, no page change.
import { el, icon } from '../../shared/dom.js';
import { bindMentions } from '../../shared/mentions.js';
import { issueFacts } from './issue_facts.js';
import { ruleChoice } from './reason_dialog.js';
import { threadLine } from './issue_words.js';

const STATES = {
  open: ['', 'Open', 'comment'],
  answered: ['cl-chip--ok', 'Answered', 'check'],
  resolved: ['cl-chip--ok', 'Solved', 'check'],
  reopened: ['cl-chip--warn', 'Reopened', 'comment'],
  duplicate: ['', 'Duplicate', 'check'],
};
export const SEVERITIES = [['low', 'Low'], ['normal', 'Normal'], ['high', 'High'], ['blocking', 'Blocking']];
const CLOSED = ['resolved', 'duplicate'];

export function stateChip(issue) {
  const [tone, word, sign] = STATES[issue.state] || ['', issue.state, 'comment'];
  return el('span', { class: `cl-chip ${tone}`, 'data-issue-state': issue.state }, icon(sign), word);
}

const closeButton = (onClose) => el('button', { type: 'button', class: 'cl-button cl-button--quiet cl-button--icon cl-button--small cl-push', 'aria-label': 'Close', 'data-issue-close': true,
  on: { click: onClose } }, icon('cross'));

function sendOnEnter(event) {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  event.stopPropagation();
  event.target.form.requestSubmit();
}

/** The answers of the issue that this one is a duplicate of. */
function rootAnswers(root, me) {
  if (!root) return null;
  return el('div', { class: 'thread__root', 'data-issue-root': root.number }, el('p', { class: 'cl-caption' }, `Answered with issue ${root.number}`),
    el('ol', {}, root.answers.map((answer) => threadLine(answer, { me }))));
}

/** onReply(text, mentions), onSolve(), onReopen(), onEdit(comment, text), onWithdraw(comment), onChange(changes), onClose(). */
export function issueThread(issue, { me, categories, draft, isDeaf, onReply, onSolve, onReopen, onEdit, onWithdraw, onChange, onClose, onType }) {
  const reply = el('input', { class: 'cl-input', name: 'text', placeholder: 'Reply, @ names somebody', 'aria-label': 'Reply', autocomplete: 'off', maxlength: 2000, value: draft,
    'data-focus': 'issue reply', on: { input: () => onType(reply.value) } });
  const isClosed = CLOSED.includes(issue.state);
  const form = el('form', { class: 'thread__reply', 'data-issue-reply': true, on: { submit: (event) => {
    event.preventDefault();
    if (reply.value.trim()) onReply(reply.value.trim(), mentions());
  } } }, el('div', { class: 'cl-wide' }, reply), issue.urls.resolve && !isClosed
    && el('button', { type: 'button', class: 'cl-button', 'data-issue-solve': true, on: { click: onSolve } }, 'Mark solved'),
  issue.urls.reopen && isClosed && el('button', { type: 'button', class: 'cl-button', 'data-issue-reopen': true, on: { click: onReopen } }, 'Reopen'));
  const mentions = bindMentions(reply, () => issue.urls.mentionable);
  // After the list to pick from: Enter chooses while that is open.
  reply.addEventListener('keydown', sendOnEnter);
  const said = [{ author: issue.author, text: issue.text, made_at: issue.opened_at, ...issue.question }, ...issue.comments];
  return [
    el('header', { class: 'issue__head' }, el('h2', {}, `Issue ${issue.number}`), stateChip(issue), closeButton(onClose)),
    issueFacts(issue, { categories, severities: SEVERITIES, onChange }),
    el('ol', { class: 'thread' }, said.map((comment) => threadLine(comment, { me, onEdit, onWithdraw })), rootAnswers(issue.duplicate_of, me)),
    isDeaf && el('p', { class: 'cl-caption thread__deaf', 'data-issue-deaf': true }, icon('warn'), 'Not live: later answers show when the row is opened again.'),
    issue.urls.comment && form,
  ];
}

/** `draft` is what was typed before, {category, severity, text, rule} or null. onType(draft), onSend({…, mentions}), onClose(), onGiveUp(). */
export function newIssueForm(categories, rules, { draft, title, mentionable, onType, onSend, onClose, onGiveUp }) {
  const type = () => onType(text.value.trim() ? { category: category.value, severity: severity.value, text: text.value, rule: citing()?.value || '' } : null);
  const category = el('select', { class: 'cl-input', name: 'category', on: { change: type } },
    categories.map((one) => el('option', { value: one.code, selected: one.code === draft?.category }, one.label)));
  const severity = el('select', { class: 'cl-input', name: 'severity', on: { change: type } },
    SEVERITIES.map(([code, name]) => el('option', { value: code, selected: code === (draft?.severity || 'normal') }, name)));
  const rule = ruleChoice(rules, draft?.rule, { change: type });
  const citing = () => rule && rule.querySelector('select');
  const text = el('textarea', { class: 'cl-input', name: 'text', rows: 3, required: true, maxlength: 2000, value: draft?.text ?? '', 'data-focus': 'issue text', on: { input: type } });
  const box = el('div', {}, text);
  const mentions = bindMentions(text, () => mentionable);
  return [
    el('header', { class: 'issue__head' }, el('h2', {}, title), closeButton(onClose)),
    el('form', { class: 'issue__form', 'data-issue-form': true, on: { submit: (event) => {
      event.preventDefault();
      const entries = new FormData(event.target);
      if (entries.get('text').trim()) onSend({ category: entries.get('category'), severity: entries.get('severity'), text: entries.get('text').trim(), rule: entries.get('rule') || '', mentions: mentions() });
    } } },
    el('div', { class: 'issue__pair' }, el('label', { class: 'cl-field' }, 'What is it about?', category), el('label', { class: 'cl-field' }, 'Severity', severity)),
    el('label', { class: 'cl-field' }, 'Your question', box), rule,
    el('div', { class: 'cl-actions' }, el('button', { type: 'button', class: 'cl-button', on: { click: onGiveUp } }, 'Cancel'),
      el('button', { type: 'submit', class: 'cl-button cl-button--main', 'data-issue-send': true }, 'Ask'))),
  ];
}
