// What stands in the picture's place when there is none: loading, an empty queue, a picture that did not come.
import { el, icon } from '../../../shared/dom.js';
import { shortClock } from '../../../shared/time.js';

export function createStagePanel({ stage, part }, { queue, page, reload }) {
  const place = part('stage-message');
  const button = (label, act, name) => el('button', { type: 'button', class: 'cl-button', 'data-stage-act': name, on: { click: act } }, label);

  function say(sign, sentence, ...actions) {
    place.hidden = !sentence;
    place.replaceChildren(...(sentence ? [icon(sign), el('p', {}, sentence), el('div', { class: 'cl-actions' }, actions)] : []));
  }

  function explain(state) {
    const { empty, fault, status } = state;
    stage.dataset.status = status;
    part('plane').hidden = status !== 'working';
    part('zoom-box').hidden = status !== 'working';
    if (status !== 'working') part('picture-name').textContent = '';
    if (status === 'empty' && empty) {
      const saysWhen = empty.message.includes('Next may free') || ['paused', 'day_limit', 'vetting_ramp'].includes(empty.code);
      const next = empty.next_at && !saysWhen ? ` Next may free at ${shortClock(empty.next_at)}.` : '';
      const home = el('a', { class: 'cl-button', href: part('stage-message').dataset.home }, 'Home');
      const read = empty.code === 'guidelines_unread' && el('a', { class: 'cl-button cl-button--main', href: page.urls.guidelines, 'data-stage-act': 'read' }, 'Read the guidelines');
      const steps = empty.code.startsWith('vetting_') && el('a', { class: 'cl-button cl-button--main', href: page.urls.vetting, 'data-stage-act': 'vetting' }, 'See your steps');
      const again = empty.code === 'practice_done' && page.urls.again && el('a', { class: 'cl-button', href: page.urls.again, 'data-stage-act': 'again' }, 'Practise again');
      say('clock', `${empty.message}${next} This page looks again by itself.`, read, steps, again, button('Look now', () => queue.next(), 'look'), home);
    } else if (status === 'fault') {
      const again = fault.isTransient ? ' It is tried again every few seconds.' : '';
      say('cross', `${fault.message} No work was lost.${again}`, button('Try now', () => queue.next(), 'look'));
    } else if (status === 'loading') {
      say('clock', 'Looking for your next row.');
    } else {
      say('', '');
    }
  }

  return {
    render(state, before) {
      if (state.status !== before.status || state.empty !== before.empty || state.fault !== before.fault) explain(state);
    },
    showPictureFault(isFault) {
      if (isFault) say('cross', 'The picture did not load. Your objects are kept.', button('Load again', reload, 'reload'), button('Skip', () => document.querySelector('[data-act="skip"]').click(), 'skip'));
      else say('', '');
    },
  };
}
