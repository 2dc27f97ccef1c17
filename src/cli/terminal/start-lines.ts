import type { Clock } from '../../os/clock.js';
import type { Backend } from '../../platform/backend.js';
import { type BackendState, rankOf } from '../../platform/backend-state.js';

/** A start that takes longer than this is shown step by step; most take a tenth of it. */
const LONG_START_MS = 2_000;

/** Decides which states of a starting backend are shown: only `ready`, unless the start takes long. */
export class StartLines {
  readonly #clock: Clock;
  readonly #showLong: (backend: Backend) => void;
  /** Cancels the timers of all backends that are still starting. */
  readonly #starting = new Map<string, () => void>();
  readonly #long = new Set<string>();

  /** @param showLong shows the state of a backend whose start takes long */
  constructor(clock: Clock, showLong: (backend: Backend) => void) {
    this.#clock = clock;
    this.#showLong = showLong;
  }

  /** Whether to show a state. */
  shows(backend: Backend, { status }: BackendState): boolean {
    const { id } = backend;
    if (status === 'scheduled') {
      const onLong = () => {
        this.#long.add(id);
        this.#showLong(backend);
      };
      this.#starting.set(id, this.#clock.after(LONG_START_MS, onLong));
      return false;
    }
    if (rankOf(status) < rankOf('ready')) return this.#long.has(id);
    this.#starting.get(id)?.();
    this.#starting.delete(id);
    this.#long.delete(id);
    return true;
  }
}
