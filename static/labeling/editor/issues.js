// Issues of the open row: ask, reply, mark solved, the popover, the list at the side, and what comes in live.
import { el, placeKeepingFocus } from '../../shared/dom.js';
import { post } from '../../shared/http.js';
import { announce, toast } from '../../shared/notice.js';
import { createIssuePins } from './issue_pins.js';
import { createIssueReader } from './issue_reader.js';
import { newId } from './payload.js';
import { issueThread, newIssueForm, stateChip } from './issue_popover.js';
import { keptText } from './submit.js';

/** What can be done with issues; each answer of the server goes into the store. */
function createIssueActs(store) {
  const known = (issue) => store.state.issues.find((one) => one.uid === issue.uid) || issue;
  const failed = (error) => toast('bad', `${error.message} Your text is still here.${keptText(error)}`);

  // The same text goes out under the same key, so that a second try says nothing twice.
  let sent = { body: '', key: '' };
  function say(url, words) {
    const body = JSON.stringify(words);
    if (sent.body !== url + body) sent = { body: url + body, key: newId() };
    return post(url, body, { headers: { 'Idempotency-Key': sent.key } }).then((answer) => {
      sent = { body: '', key: '' };
      return answer;
    });
  }

  function put(issue) {
    const others = store.state.issues.filter((one) => one.uid !== issue.uid);
    store.set({ issues: [...others, issue].sort((a, b) => a.number - b.number) });
  }

  function addComment(issue, comment, state = issue.state) {
    if (issue.comments.some((one) => one.uid === comment.uid)) return;
    put({ ...issue, state, comments: [...issue.comments, comment] });
  }

  async function ask({ category, severity, text, rule, mentions }) {
    const { row, newIssue } = store.state;
    try {
      const answer = await say(row.urls.open_issue, { pin: newIssue.pin, object_id: newIssue.objectId || '', category, severity, text, rule, mentions });
      const issue = answer.issue || answer;
      put({ ...issue, comments: issue.comments || [], urls: issue.urls || {} });
      store.set({ newIssue: null, question: null, openIssue: issue.uid });
      announce(`Issue ${issue.number} is open. You can go on and submit.`);
    } catch (error) {
      failed(error);
    }
  }

  /** True when the reply is on the server. */
  async function reply(issue, text, mentions) {
    try {
      const answer = await say(issue.urls.comment, { text, mentions });
      if (answer.issue || answer.comments) put({ ...known(issue), ...(answer.issue || answer) });
      else addComment(known(issue), answer.comment || answer);
      return true;
    } catch (error) {
      failed(error);
      return false;
    }
  }

  /** Any act whose answer is the issue as it is now. */
  async function act(issue, address, words = {}) {
    try {
      put({ ...known(issue), ...(await post(address, words)) });
    } catch (error) {
      failed(error);
      put({ ...known(issue) });
    }
  }

  return { put, addComment, ask, reply, act };
}

/** A live event about an issue of the open row; anything else is left alone. */
function takeEvent(store, acts, { issue, issue_uid: issueUid, comment, state }) {
  const uid = issue?.uid || issueUid || issue;
  const known = store.state.issues.find((one) => one.uid === uid);
  if (issue?.comments && (known || issue.row === store.state.row?.row.uid)) {
    acts.put({ urls: {}, ...known, ...issue });
  } else if (known && comment) {
    acts.addComment(known, comment, state);
    announce(`${comment.author.name} answered issue ${known.number}.`);
  } else if (known && state) {
    acts.put({ ...known, state });
  }
}

export function createIssues({ overlay, stage, list, count, section }, { store, viewport, page }) {
  // The keys that submit a row send what is written here, wherever in the box the focus is.
  const sendFromAnywhere = (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.stopPropagation();
    popover.querySelector('form')?.requestSubmit();
  };
  const popover = el('section', { class: 'cl-popover issue', role: 'dialog', 'data-issue-popover': true, 'data-over-stage': true, hidden: true, on: { keydown: sendFromAnywhere } });
  const pins = createIssuePins({ overlay, stage, popover }, { store, viewport });
  const acts = createIssueActs(store);
  const reader = createIssueReader({ store, put: acts.put });
  const replies = new Map();
  let shown = null;
  let asking = null; // the row whose new question the popover holds

  const close = () => {
    store.set({ openIssue: null, newIssue: null });
    stage.focus({ preventScroll: true });
  };
  const giveUp = () => {
    store.set({ question: null });
    close();
  };

  const titleOfNew = () => (store.state.newIssue?.objectId ? 'Ask about this object' : 'Ask about this spot');

  function question() {
    return newIssueForm(page.issue_categories, page.rules, { draft: store.state.question, title: titleOfNew(), mentionable: store.state.row?.urls.mentionable, onType: (typed) => store.set({ question: typed }), onSend: acts.ask, onClose: close, onGiveUp: giveUp });
  }

  function thread(issue) {
    return issueThread(issue, {
      me: page.person, categories: page.issue_categories, draft: replies.get(issue.uid) || '', isDeaf: store.state.deaf.includes(issue.uid), onClose: close,
      onType: (text) => replies.set(issue.uid, text),
      onSolve: () => acts.act(issue, issue.urls.resolve),
      onReopen: () => acts.act(issue, issue.urls.reopen),
      onEdit: (comment, text) => acts.act(issue, comment.urls.edit, { text }),
      onWithdraw: (comment) => acts.act(issue, comment.urls.withdraw),
      onChange: (changes) => acts.act(issue, issue.urls.change, changes),
      onReply: async (text, mentions) => {
        replies.delete(issue.uid);
        if (!(await acts.reply(issue, text, mentions))) replies.set(issue.uid, text);
      },
    });
  }

  function fill(state) {
    const issue = state.issues.find((one) => one.uid === state.openIssue);
    popover.hidden = !issue && !state.newIssue;
    popover.setAttribute('aria-label', issue ? `Issue ${issue.number}` : 'Ask about this spot');
    const wasAsking = asking;
    asking = !issue && state.newIssue ? state.row : null;
    if (popover.hidden) popover.replaceChildren();
    else if (issue) placeKeepingFocus(popover, thread(issue));
    // A form that is being filled in stays as it is, whatever else changes.
    else if (asking !== wasAsking) popover.replaceChildren(...question());
  }

  function row(issue) {
    const open = () => store.set({ openIssue: issue.uid, newIssue: null });
    return el('li', {}, el('button', { type: 'button', class: 'issue-row', 'data-issue': issue.uid, on: { click: open } },
      el('span', { class: 'issue-row__text' }, `${issue.number} · ${issue.text || 'Withdrawn'}`),
      (store.state.row?.asked_at_submit || []).includes(issue.number) && el('span', { class: 'cl-chip cl-chip--warn', 'data-asked-at-submit': true }, 'Open at submit'), stateChip(issue)));
  }

  function showList(state) {
    section.hidden = !state.issues.length;
    count.textContent = state.issues.length;
    list.replaceChildren(...state.issues.map(row));
  }

  function render(state) {
    const isOther = !shown || shown.openIssue !== state.openIssue || shown.newIssue !== state.newIssue;
    const isChanged = isOther || shown.issues !== state.issues || shown.deaf !== state.deaf;
    const isPutAside = shown?.newIssue && !state.newIssue && state.question && shown.row === state.row;
    shown = state;
    if (isPutAside) toast('plain', 'Your question is not asked yet. It is kept: ask about a spot, and it is there again.');
    if (isChanged) {
      pins.draw(state);
      showList(state);
      fill(state);
    }
    if (isOther && state.newIssue) popover.querySelector(state.question ? 'textarea' : 'select')?.focus();
    if (isOther && state.openIssue) popover.querySelector('[name=text], [data-issue-close]')?.focus({ preventScroll: true });
    pins.place();
  }

  function take(payload, kind) {
    reader.heard(payload);
    // Words that were edited or withdrawn, and what else an event does not say, are read anew.
    if (kind === 'issue_changed' || (kind === 'issue_state' && payload.state === 'duplicate')) reader.read(`issue:${payload.issue}`);
    else takeEvent(store, acts, payload);
  }

  return { render, place: pins.place, take, read: reader.read, note: reader.refused };
}
