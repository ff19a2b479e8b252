// Pictures loaded ahead: the element that was loaded is the one shown, so the next row is simply there.

const loading = new Map();

function load(address) {
  const picture = new Image();
  picture.decoding = 'async';
  picture.alt = '';
  picture.draggable = false;
  picture.src = address;
  return { picture, ready: picture.decode().then(() => picture) };
}

export function preloadPicture(address) {
  if (!address || loading.has(address)) return;
  const entry = load(address);
  // A failure is told when the row is shown, by the same promise.
  entry.ready.catch(() => {});
  loading.set(address, entry);
}

/** A second try asks the server again, also while the first one hangs. */
export function forgetPicture(address) {
  loading.delete(address);
}

/** The loaded picture; a failed one is tried again on the next call. */
export async function loadedPicture(address) {
  preloadPicture(address);
  const entry = loading.get(address);
  try {
    return await entry.ready;
  } finally {
    if (loading.get(address) === entry) loading.delete(address);
  }
}
