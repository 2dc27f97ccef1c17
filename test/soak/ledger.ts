/** One life of a dev server, as far as sessions depend on it. */
export interface Life {
  /** Whether it was ended, or is about to be. */
  isOver: boolean;
}

/** What the soak did, and which sessions were lost: those that ended, or did not answer, though nothing was to end them. */
export class SoakLedger {
  /** In words. */
  readonly lost: string[] = [];
  /** How often what was done. */
  readonly counts = new Map<string, number>();
  /** Whether the code on disk fails, so that a backend that starts may end with it. */
  isCodeFaulty = false;
  readonly #mayEnd = new Set<string>();

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  /** Notes that a backend may end from now on: call it before what ends it. */
  excuse(backendId: string): void {
    this.#mayEnd.add(backendId);
  }

  noteStarted(backendId: string): void {
    if (this.isCodeFaulty) this.excuse(backendId);
  }

  noteLost(backendId: string, life: Life, why: string): void {
    if (!life.isOver && !this.#mayEnd.has(backendId)) this.lost.push(`${backendId} ${why}`);
  }
}
