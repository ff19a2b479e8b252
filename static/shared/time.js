// Times as people read them: 14:32:08, 14:32, 2:14, 2 h 36 min, 19 Nov.

const two = (number) => String(number).padStart(2, '0');

/** "14:32:08" of a Date, a time stamp or an ISO text. */
export function clock(moment = new Date()) {
  const date = new Date(moment);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** "14:32" today, "18 Nov 14:32" on other days. */
export function shortClock(moment = new Date(), now = new Date()) {
  const date = new Date(moment);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return date.toDateString() === now.toDateString() ? time : `${day(date)} ${time}`;
}

/** "19 Nov". */
export function day(moment) {
  return new Date(moment).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
}

/** "2:14" under an hour, "2 h 36 min" above. */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)}`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
