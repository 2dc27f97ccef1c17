import type { Service } from './services.js';

/** What a backend has as long as it alone may use the mount of its key. */
export interface MountHold {
  /**
   * Gives it back; safe to call again.
   * @param isLost what used it may still run: nobody but this dev server may have it, as long as that runs
   */
  release(isLost: boolean): void;
}

/** Sees to it that one backend at a time uses the mount of a key, whichever dev server started it. */
export interface MountSource {
  /**
   * @returns undefined for a service whose backends have no mounts
   * @throws JamdevError `MountInUse` when a backend of another dev server uses it
   */
  take(service: Service, key: string): Promise<MountHold | undefined>;
}
