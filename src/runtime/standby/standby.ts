import type { Build } from '../runtime.js';

/** Where something stands by: one of the places that a service has for it. */
export interface StandbyPlace<B extends Build = Build> {
  /** Name of the service's definition. */
  service: string;
  build: B;
  /** From 0, below the number that the service keeps. */
  slot: number;
}

/** Something that was started ahead of time for one build, to become a backend when one is asked for. */
export interface Standby {
  /** Resolves when its start is complete. @throws why it never will be */
  readonly ready: Promise<void>;
  /** Whether it can become a backend right now. */
  readonly isTakeable: boolean;
  /** Resolves, never rejects, when nothing of it runs. */
  readonly gone: Promise<unknown>;
  /** Ends it by force: nothing has been done yet that could be saved. */
  end(): void;
  /** The same, synchronously, for the moment before this program ends. */
  killNow(): void;
}
