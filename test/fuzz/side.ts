import type fc from 'fast-check';
import type { DevProcess } from './dev-process.js';

/** One side of a dev server that is fuzzed: what is sent to it, and how what comes of it is judged. */
export interface FuzzSide<T = unknown> {
  readonly dev: DevProcess;
  readonly requests: fc.Arbitrary<T>;
  /** How often what came of a request. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** Sends requests, all at once. @throws Error for whatever is not as it has to be */
  send(batch: readonly T[]): Promise<void>;
  stop(): Promise<void>;
}
