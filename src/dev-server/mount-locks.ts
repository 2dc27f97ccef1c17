import { connectErrors } from '../contract/errors/connect-errors.js';
import type { MountHold, MountSource } from '../platform/mounts.js';
import type { Service } from '../platform/services.js';
import { type Lock, takeLock } from '../records/lock.js';
import { mountLockOf } from '../records/project-lock.js';
import type { FoundState } from '../records/state-folder.js';

/** The dependencies of a dev server's mount locks. */
export interface MountLocksOptions {
  state: FoundState;
  /** Whether backends of a service are containers; child processes have no mounts. */
  hasMounts(service: Service): boolean;
  /** Returns the information that is shown to other processes that need the same mount. */
  describe(): { apiUrl: string };
  /** Cleans up after dead dev servers: a container and its mount outlive a killed dev server. */
  cleanUp(): Promise<unknown>;
}

/** A mount of this dev server, used by one or more backends at the same time. */
interface OwnMount {
  lock: Promise<Lock>;
  holds: number;
  isLost: boolean;
}

/**
 * Locks the mounts of keys between the dev servers of a project. Within one dev server, only one backend at a time
 * holds a key.
 */
export class MountLocks implements MountSource {
  readonly #options: MountLocksOptions;
  readonly #own = new Map<string, OwnMount>();

  constructor(options: MountLocksOptions) {
    this.#options = options;
  }

  async take(service: Service, key: string): Promise<MountHold | undefined> {
    if (!this.#options.hasMounts(service)) return undefined;
    const name = JSON.stringify([service.name, key]);
    const mount = this.#own.get(name) ?? { lock: this.#lock(service.name, key), holds: 0, isLost: false };
    this.#own.set(name, mount);
    mount.holds += 1;
    let isReleased = false;
    const release = (isLost: boolean) => {
      if (isReleased) return;
      isReleased = true;
      mount.holds -= 1;
      mount.isLost ||= isLost;
      if (mount.holds > 0 || mount.isLost) return;
      this.#own.delete(name);
      void mount.lock.then(
        (lock) => lock.release(),
        () => undefined,
      );
    };
    try {
      await mount.lock;
      return { release };
    } catch (error) {
      release(false);
      throw error;
    }
  }

  async #lock(service: string, key: string): Promise<Lock> {
    const { state, describe, cleanUp } = this.#options;
    const { lock, afterCrash, holder } = await takeLock(mountLockOf(state, service, key));
    if (lock === undefined) {
      const { apiUrl } = (holder.told ?? {}) as { apiUrl?: string };
      throw connectErrors.mountInUse(key, service, holder.pid, apiUrl);
    }
    lock.tell(describe());
    if (!afterCrash) return lock;
    try {
      await cleanUp();
      return lock;
    } catch (error) {
      lock.release();
      throw error;
    }
  }
}
