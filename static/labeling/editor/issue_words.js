// One comment in a thread: who, when, what; what it said before; and, on one's own, edit and withdraw in place.
import { el } from '../../shared/dom.js';
import { readJson } from '../../shared/http.js';
import { shortClock } from '../../shared/time.js';

const quiet = (text, mark, click) => el('button', { type: 'button', class: 'cl-link thread__act', [mark]: true, on: { click } }, text);

/** What it said before, read when somebody opens it. */
function history({ urls: { versions: address }, ...comment }, place) {
  return async () => {
    try {
      const { versions } = await readJson(address);
      place.replaceChildren(...(comment.withdrawn_at ? versions : versions.slice(0, -1)).map((one) => el('p', { class: 'cl-caption' }, `${shortClock(one.made_at)} ${one.text}`)));
    } catch (error) {
      place.replaceChildren(el('p', { class: 'cl-caption' }, error.message));
    }
  };
}

export function threadLine(comment, { me, onEdit, onWithdraw }) {
  const { author, urls = {} } = comment;
  const name = author.name === me.name ? 'You' : author.name;
  const words = el('div', { class: 'thread__words' }, el('p', {}, comment.text));
  const before = el('div', { class: 'thread__before', 'aria-live': 'polite' });

  function edit() {
    const text = el('textarea', { class: 'cl-input', rows: 2, maxlength: 2000, value: comment.text, 'aria-label': 'Your words', 'data-focus': `edit ${comment.uid}` });
    const keep = () => text.value.trim() && onEdit(comment, text.value.trim());
    words.replaceChildren(text, el('div', { class: 'cl-actions' },
      el('button', { type: 'button', class: 'cl-button cl-button--small', on: { click: () => words.replaceChildren(el('p', {}, comment.text)) } }, 'Leave it'),
      el('button', { type: 'button', class: 'cl-button cl-button--small', 'data-comment-keep': true, on: { click: keep } }, 'Keep the change')));
    text.focus();
  }

  if (comment.withdrawn_at) words.replaceChildren(el('p', { class: 'cl-caption' }, `Withdrawn at ${shortClock(comment.withdrawn_at)}.`));
  return el('li', { class: 'thread__line', 'data-comment': comment.uid || '' }, el('span', { class: 'cl-avatar', 'aria-hidden': 'true' }, author.initials),
    el('div', { class: 'cl-wide' }, el('p', { class: 'thread__who' }, el('b', {}, name), ` ${shortClock(comment.made_at || comment.created_at)}`,
      urls.versions && quiet(comment.withdrawn_at ? 'what it said' : 'edited', 'data-comment-history', history(comment, before)),
      urls.edit && onEdit && quiet('edit', 'data-comment-edit', edit),
      urls.withdraw && onWithdraw && quiet('withdraw', 'data-comment-withdraw', () => onWithdraw(comment))), words, before));
}
