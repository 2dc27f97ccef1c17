import type { Backend } from './backend.js';
import type { Service } from './services.js';

/** How many ended backends are remembered, newest first, to show their status and to explain dead connection URLs. */
const MAX_ENDED_REMEMBERED = 1_000;

/** All backends by id, and the holder of each key. */
export class BackendTable {
  readonly #onForgotten: (backend: Backend) => void;
  /** All remembered backends by id, oldest first. */
  readonly #backends = new Map<string, Backend>();
  /** The backend that holds a key, until nothing of it runs anymore. */
  readonly #holders = new Map<string, Backend>();

  /** @param onForgotten receives each ended backend that is no longer remembered */
  constructor(onForgotten: (backend: Backend) => void) {
    this.#onForgotten = onForgotten;
  }

  /** All remembered backends, oldest first. */
  get all(): Backend[] {
    return [...this.#backends.values()];
  }

  get(id: string): Backend | undefined {
    return this.#backends.get(id);
  }

  /** Returns the backend that holds a key of a service. It may be ending. */
  holderOf(service: Service, key: string): Backend | undefined {
    return this.#holders.get(slotOf(service, key));
  }

  /** Adds a backend as the new holder of its key. */
  add(backend: Backend): void {
    const { service, key } = backend.identity;
    const slot = slotOf(service, key);
    this.#backends.set(backend.id, backend);
    this.#holders.set(slot, backend);
    void backend.gone.then(() => {
      if (this.#holders.get(slot) === backend) this.#holders.delete(slot);
      this.#forgetOldest();
    });
  }

  #forgetOldest(): void {
    const ended = this.all.filter((backend) => backend.state.status === 'terminated');
    for (const backend of ended.slice(0, Math.max(0, ended.length - MAX_ENDED_REMEMBERED))) {
      this.#backends.delete(backend.id);
      this.#onForgotten(backend);
    }
  }
}

/** Returns the map key for a service's key. A key is unique within its service, and neither name can contain NUL. */
function slotOf(service: Service, key: string): string {
  return `${service.name}\0${key}`;
}
