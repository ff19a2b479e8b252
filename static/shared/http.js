// JSON over fetch with Django's CSRF token. A refusal becomes one kind of error with what became of the work.

export class Refused extends Error {
  constructor(status, answer) {
    super(answer.message || `The server answered ${status}.`);
    this.name = 'Refused';
    this.status = status;
    this.code = answer.code || 'error';
    this.draft_saved = answer.draft_saved ?? null;
    this.answer = answer;
  }

  /** No answer at all, or one that a second try may mend. */
  get isTransient() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  get isSignedOut() {
    return this.status === 401 || ['not_authenticated', 'signed_out'].includes(this.code);
  }

  /** The page's sign-in was replaced, most likely in another tab: a reload mends it, a second try does not. */
  get isStalePage() {
    return this.code === 'csrf_failed';
  }

  /** The row is no longer this person's to work on. Nothing else a server may say ends a lease. */
  get isLeaseEnd() {
    return this.code.startsWith('lease_') || this.code === 'already_submitted';
  }

  get isOffline() {
    return this.status === 0;
  }
}

/** The cookie first: a sign-in in another tab changes the secret, and the page's own token is then an old one. */
function csrfToken() {
  const cookie = document.cookie.split('; ').find((part) => part.startsWith('csrftoken='));
  if (cookie) return decodeURIComponent(cookie.slice('csrftoken='.length));
  return document.querySelector('meta[name="csrf-token"]')?.content || '';
}

async function read(response) {
  const text = await response.text();
  try {
    const answer = text ? JSON.parse(text) : {};
    return answer && typeof answer === 'object' ? answer : { value: answer };
  } catch {
    return {};
  }
}

async function send(method, url, body, { headers = {}, timeout = 20000, keepalive = false } = {}) {
  const options = {
    method,
    credentials: 'same-origin',
    keepalive,
    headers: { Accept: 'application/json', 'X-CSRFToken': csrfToken(), ...headers },
    signal: AbortSignal.timeout(timeout),
  };
  if (body !== undefined) {
    options.headers['Content-Type'] = 'application/json';
    options.body = typeof body === 'string' ? body : JSON.stringify(body);
  }
  let response;
  let answer;
  try {
    response = await fetch(url, options);
    answer = await read(response);
  } catch {
    throw new Refused(0, { code: 'offline', message: 'The server cannot be reached.' });
  }
  if (response.redirected && !response.headers.get('Content-Type')?.includes('json')) {
    throw new Refused(401, { code: 'signed_out', message: 'You are signed out.' });
  }
  if (!response.ok) throw new Refused(response.status, answer);
  return { status: response.status, ...answer };
}

export const readJson = (url, options) => send('GET', url, undefined, options);
export const post = (url, body, options) => send('POST', url, body, options);
export const put = (url, body, options) => send('PUT', url, body, options);
