import type { ConnectParams } from '../contract/requests.js';
import type { Backend } from './backend.js';
import type { MountHold, MountSource } from './mounts.js';
import type { Service } from './services.js';

/** The mount that a connect request may need, until it is given to the backend that the request spawns. */
export class MountWish {
  readonly #key: string | undefined;
  readonly #mounts: MountSource | undefined;
  #hold: MountHold | undefined;
  #isTaken: boolean;

  constructor({ key, mount }: ConnectParams, mounts: MountSource | undefined) {
    this.#key = key;
    this.#mounts = mounts;
    // A key that is made up is nobody else's.
    this.#isTaken = mounts === undefined || key === undefined || mount === undefined || mount === false;
  }

  /** Whether there is nothing more to be waited for. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** @throws JamdevError `MountInUse` */
  async take(service: Service): Promise<void> {
    this.#hold = await this.#mounts?.take(service, this.#key ?? '');
    this.#isTaken = true;
  }

  /** Lets a backend have it for as long as anything of that runs. */
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
