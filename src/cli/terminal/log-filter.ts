import type { Backend } from '../../platform/backend.js';

/** Selects whose log is shown: all backends, or one. */
export class LogFilter {
  #only: Backend | undefined;

  /** The only backend whose log is shown; undefined for all. */
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

  /** Shows all backends again. */
  reset(): void {
    this.#only = undefined;
  }
}
