import type { Service } from './services.js';

/** The exclusive use of the mount of a key. */
export interface MountHold {
  /**
   * Releases the mount. Safe to call more than once.
   * @param isLost whether the backend's process may still be running; the mount then stays reserved for this dev server
   *   for as long as the process runs
   */
  release(isLost: boolean): void;
}

/** Ensures that only one backend at a time uses the mount of a key, even across dev servers. */
export interface MountSource {
  /**
   * @returns undefined for a service without mounts
   * @throws JamdevError `MountInUse` if a backend of another dev server uses it
   */
  take(service: Service, key: string): Promise<MountHold | undefined>;
}
