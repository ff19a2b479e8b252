// Whether keys without Ctrl work: the project or the person may switch them off.

const KEPT = 'crewline-single-keys';

export function createSingleKeys(isOffered) {
  let isOn = true;
  try {
    isOn = localStorage.getItem(KEPT) !== 'off';
  } catch {
    // Then the choice lasts for this page.
  }
  return {
    isOn: () => isOffered && isOn,
    setOn(next) {
      isOn = next;
      try {
        localStorage.setItem(KEPT, next ? 'on' : 'off');
      } catch {
        // As above.
      }
    },
  };
}
