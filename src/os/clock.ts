/** The time. It is passed in wherever it decides something, so that tests can control it. */
export interface Clock {
  /** Wall time, for what people and clients read. */
  now(): Date;
  /** Milliseconds that never go backwards. A laptop's sleep does not count if the system can tell. */
  monotonicMs(): number;
  /**
   * Calls back once after a delay of any length; never keeps the program alive.
   * @returns cancels it; safe to call at any time
   */
  after(ms: number, callback: () => void): () => void;
}

/** The longest delay that setTimeout takes; longer ones would fire at once. About 24.8 days. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  after: (ms, callback) => startTimer(ms, callback, false),
};

/** Calls back once after a delay of any length. @returns cancels it */
function startTimer(ms: number, callback: () => void, keepsProgramAlive: boolean): () => void {
  let timer: NodeJS.Timeout;
  const arm = (remainingMs: number): void => {
    const step = Math.min(remainingMs, MAX_TIMEOUT_MS);
    timer = setTimeout(() => (step < remainingMs ? arm(remainingMs - step) : callback()), step);
    if (!keepsProgramAlive) timer.unref();
  };
  arm(Math.max(0, ms));
  return () => clearTimeout(timer);
}

/** Waits for a time of any length, or until the signal aborts, whichever comes first. Never rejects. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = startTimer(ms, done, true);
    signal?.addEventListener('abort', done, { once: true });
  });
}
