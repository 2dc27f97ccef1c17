/**
 * Runs work with a signal that aborts with a `TimeoutError` after a time. It does not use `AbortSignal.timeout()`, which
 * keeps its listeners until the time is over: a request that took 2 ms would hold its memory for the whole deadline.
 * @param ms the time
 * @param signal aborts the work earlier
 */
export async function withDeadline<T>(
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const late = () => deadline.abort(new DOMException('The operation timed out', 'TimeoutError'));
  const timer = setTimeout(late, ms).unref();
  try {
    return await work(signal === undefined ? deadline.signal : AbortSignal.any([signal, deadline.signal]));
  } finally {
    clearTimeout(timer);
  }
}
