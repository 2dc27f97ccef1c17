import type { Backend } from '../../platform/backend.js';

/** Whose log is shown: of all backends, or of one. */
export class LogFilter {
  #only: Backend | undefined;

  /** The one backend; undefined: all are shown. */
  get only(): Backend | undefined {
    return this.#only;
  }

  /** Moves on to the next backend, and after the last one to all. @param running oldest first */
  cycle(running: readonly Backend[]): void {
    const only = this.#only;
    this.#only = running[only === undefined ? 0 : running.indexOf(only) + 1];
  }

  /** Whether what a backend prints is to be shown. */
  shows(backendId: string): boolean {
    return this.#only === undefined || this.#only.id === backendId;
  }

  /** Shows all again. */
  reset(): void {
    this.#only = undefined;
  }
}
