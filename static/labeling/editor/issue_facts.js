// What stands over a thread: category, severity, rule, who shall answer and by when. The opener and whoever manages the
// issue change the first two here; the rest is done on its page.
import { el, icon } from '../../shared/dom.js';
import { shortClock } from '../../shared/time.js';

const day = (moment) => new Date(moment).toLocaleDateString('en', { day: 'numeric', month: 'short' });
const TONES = { high: 'cl-chip--warn', blocking: 'cl-chip--bad' };

function choice(name, label, options, chosen, onChange) {
  return el('select', { class: 'cl-input', name, 'aria-label': label, 'data-focus': `issue ${name}`, on: { change: ({ target }) => onChange({ [name]: target.value }) } },
    options.map(([code, text]) => el('option', { value: code, selected: code === chosen }, text)));
}

export function issueFacts(issue, { categories, severities, onChange }) {
  const { assignee } = issue;
  const known = categories.map((one) => [one.code, one.label]);
  if (!known.some(([code]) => code === issue.category)) known.push([issue.category, issue.category_name]);
  const [, severity] = severities.find(([code]) => code === issue.severity) || ['', issue.severity];
  const head = issue.urls.change
    ? [choice('category', 'Category', known, issue.category, onChange), choice('severity', 'Severity', severities, issue.severity, onChange)]
    : [el('span', { class: 'cl-chip' }, issue.category_name || issue.category), issue.severity !== 'normal' && el('span', { class: `cl-chip ${TONES[issue.severity] || ''}` }, severity)];
  return el('div', { class: 'issue__facts' }, el('div', { class: 'issue__pair' }, head),
    issue.rule && el('p', { class: 'cl-caption', 'data-issue-rule': issue.rule.uid }, `Rule ${issue.rule.title}`),
    assignee && el('p', { class: 'cl-caption', 'data-issue-assignee': true }, `Assigned to ${assignee.kind === 'role' ? 'any ' : ''}${assignee.name}`),
    issue.due_at && el('p', { class: 'cl-caption', 'data-issue-due': true }, icon('clock'), `Due ${day(issue.due_at)}, ${shortClock(issue.due_at)}`));
}
