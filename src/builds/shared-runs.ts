/** One run, shared by all callers that wait for it. */
interface Run<Result> {
  /** Aborted when every caller has given up. */
  controller: AbortController;
  waiting: number;
  result: Promise<Result>;
}

/**
 * Runs build commands that share a folder one at a time, and only once for all services that request the same run before it
 * starts. Two runs at once would write into each other's files.
 */
export class SharedRuns<Result> {
  /** The end of the last run in a place, successful or not. */
  readonly #last = new Map<string, Promise<unknown>>();
  /** Runs that have not started yet. */
  readonly #pending = new Map<string, Run<Result>>();

  /**
   * Starts a run, or joins an identical run that has not started yet.
   * @param place must not have two runs at once
   * @param details the other properties that make runs identical
   * @param start starts the run; its signal aborts when all callers have given up
   */
  async run(
    place: string,
    details: unknown,
    signal: AbortSignal,
    start: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const id = JSON.stringify([place, details]);
    const pending = this.#pending.get(id);
    const run = pending === undefined || pending.controller.signal.aborted ? this.#add(place, id, start) : pending;
    run.waiting += 1;
    const leave = () => {
      run.waiting -= 1;
      if (run.waiting === 0) run.controller.abort(signal.reason);
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    try {
      return await run.result;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #add(place: string, id: string, start: (signal: AbortSignal) => Promise<Result>): Run<Result> {
    const controller = new AbortController();
    const before = this.#last.get(place) ?? nextTurn();
    const result = before.then(() => {
      if (this.#pending.get(id) === run) this.#pending.delete(id);
      return start(controller.signal);
    });
    const run: Run<Result> = { controller, waiting: 0, result };
    this.#pending.set(id, run);
    const end = result.then(nextTurn, nextTurn);
    this.#last.set(place, end);
    return run;
  }
}

/** Waits for the next turn of the event loop, so that callers in the same turn share a run. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
