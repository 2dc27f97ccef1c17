import type { ConnectParams } from '../contract/requests.js';
import type { Backend } from './backend.js';
import type { MountHold, MountSource } from './mounts.js';
import type { Service } from './services.js';

/** The mount that a connect request may need, held until it is passed to the spawned backend. */
export class MountWish {
  readonly #key: string | undefined;
  readonly #mounts: MountSource | undefined;
  #hold: MountHold | undefined;
  #isTaken: boolean;

  constructor({ key, mount }: ConnectParams, mounts: MountSource | undefined) {
    this.#key = key;
    this.#mounts = mounts;
    // A generated key is unique, so no other backend can use its mount.
    this.#isTaken = mounts === undefined || key === undefined || mount === undefined || mount === false;
  }

  /** Whether no mount needs to be waited for anymore. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** @throws JamdevError `MountInUse` */
  async take(service: Service): Promise<void> {
    this.#hold = await this.#mounts?.take(service, this.#key ?? '');
    this.#isTaken = true;
  }

  /** Passes the mount to a backend, which holds it until nothing of the backend runs anymore. */
  giveTo(backend: Backend): void {
    const hold = this.#hold;
    this.#hold = undefined;
    void backend.gone.then(() => {
      const isLost = backend.history.some((state) => 'reason' in state && state.reason === 'lost');
      hold?.release(isLost);
    });
  }

  giveUp(): void {
    this.#hold?.release(false);
  }
}
