// Whoever opens what a notice is about has read it.
import { post } from './http.js';

for (const link of document.querySelectorAll('[data-read]')) {
  link.addEventListener('click', () => {
    post(link.dataset.read, { seen: Number(link.dataset.seen) }, { keepalive: true }).catch(() => {});
  });
}
