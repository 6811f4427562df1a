/**
 * Calls that an `AbortSignal` ends.
 *
 * Knows signals. Must not know calls. Invariants: a signal carries one listener of ours however many calls it ends,
 * and none when it ends none (Node warns from the eleventh on).
 */

interface Watched {
  cancels: Set<() => void>;
  listener: () => void;
}

const watched = new WeakMap<AbortSignal, Watched>();

/** Calls `cancel` when the signal is aborted, until the returned function is called. */
export function onAbort(signal: AbortSignal, cancel: () => void): () => void {
  let entry = watched.get(signal);
  if (entry === undefined) {
    const cancels = new Set<() => void>();
    entry = { cancels, listener: () => cancels.forEach((one) => one()) };
    watched.set(signal, entry);
  }
  const { cancels, listener } = entry;
  if (cancels.size === 0) signal.addEventListener("abort", listener);
  cancels.add(cancel);
  return () => {
    if (cancels.delete(cancel) && cancels.size === 0) signal.removeEventListener("abort", listener);
  };
}
