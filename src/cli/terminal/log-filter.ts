import type { Backend } from '../../platform/backend.js';

/** Selects whose log is shown: that of all backends, or of one. */
export class LogFilter {
  #only: Backend | undefined;

  /** The one backend; undefined: all are shown. */
  get only(): Backend | undefined {
    return this.#only;
  }

  /** Moves on to the next backend, or to all after the last one. @param running oldest first */
  cycle(running: readonly Backend[]): void {
    const only = this.#only;
    this.#only = running[only === undefined ? 0 : running.indexOf(only) + 1];
  }

  /** Whether the output of a backend is shown. */
  shows(backendId: string): boolean {
    return this.#only === undefined || this.#only.id === backendId;
  }

  /** Shows all again. */
  reset(): void {
    this.#only = undefined;
  }
}
