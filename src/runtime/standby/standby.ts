import type { Build } from '../runtime.js';

/** One of the slots that a service has for standbys. */
export interface StandbyPlace<B extends Build = Build> {
  /** The name of the service's definition. */
  service: string;
  build: B;
  /** A number from 0, below the wanted number of the service. */
  slot: number;
}

/** A process or container that was started ahead of time for a build, and can become a backend on request. */
export interface Standby {
  /** Resolves when its start is complete. @throws why it can't become ready */
  readonly ready: Promise<void>;
  /** Whether it can become a backend now. */
  readonly isTakeable: boolean;
  /** Resolves (never rejects) when nothing of it runs. */
  readonly gone: Promise<unknown>;
  /** Kills it: it has done nothing yet that could be saved. */
  end(): void;
  /** Kills it synchronously, for use right before the process exits. */
  killNow(): void;
}
