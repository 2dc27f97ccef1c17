/** One life of a dev server, as far as sessions depend on it. */
export interface Life {
  /** Whether it was ended, or is about to be. */
  isOver: boolean;
}

/** What the soak did, and which sessions were lost: those that ended, or did not answer, without a reason. */
export class SoakLedger {
  /** In words. */
  readonly lost: string[] = [];
  /** How often each action ran. */
  readonly counts = new Map<string, number>();
  /** Whether the code on disk is faulty, so that a starting backend may exit. */
  isCodeFaulty = false;
  readonly #mayEnd = new Set<string>();

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  /** Records that a backend may end from now on; called before what ends it. */
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
