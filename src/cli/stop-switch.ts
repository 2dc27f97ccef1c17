import type { DevServer } from '../dev-server/dev-server.js';

/** npm forwards a Ctrl-C that the terminal has already sent. Within this time, the two count as one. */
const SAME_INTERRUPT_MS = 100;
/** After a second Ctrl-C, the program exits within this time in any case. */
const KILL_DEADLINE_MS = 2_000;

/** Stops the dev server: gracefully on the first press, by force on the second. */
export class StopSwitch {
  /** Resolves when everything has ended. */
  readonly stopped: Promise<void>;
  forced = false;
  readonly #server: DevServer;
  #pressedAtMs: number | undefined;
  #finish: () => void = () => undefined;

  constructor(server: DevServer) {
    this.#server = server;
    this.stopped = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  get pressed(): boolean {
    return this.#pressedAtMs !== undefined;
  }

  press(): void {
    const now = performance.now();
    if (this.#pressedAtMs === undefined) {
      this.#pressedAtMs = now;
      void this.#server.close().then(() => this.#finish());
    } else if (!this.forced && now - this.#pressedAtMs > SAME_INTERRUPT_MS) {
      this.forced = true;
      void this.#server.close(true);
      setTimeout(() => this.#finish(), KILL_DEADLINE_MS).unref();
    }
  }
}
