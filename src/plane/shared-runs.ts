/** Work of which each caller needs a run that began after its call; those who call while one is under way share the next. */
export class SharedRuns {
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  /** @param key runs of different keys know nothing of each other */
  run(key: string, work: () => Promise<void>): Promise<void> {
    const running = this.#running.get(key);
    if (running === undefined) return this.#start(key, work);
    const waiting = this.#next.get(key);
    if (waiting !== undefined) return waiting;
    const next = this.#after(key, running, work);
    this.#next.set(key, next);
    return next;
  }

  async #after(key: string, running: Promise<void>, work: () => Promise<void>): Promise<void> {
    await Promise.allSettled([running]);
    this.#next.delete(key);
    await this.#start(key, work);
  }

  #start(key: string, work: () => Promise<void>): Promise<void> {
    const run = work().finally(() => {
      if (this.#running.get(key) === run) this.#running.delete(key);
    });
    this.#running.set(key, run);
    return run;
  }
}
