import type fc from 'fast-check';
import type { DevProcess } from './dev-process.js';

/** One side of a fuzzed dev server: what is sent to it, and how the results are checked. */
export interface FuzzSide<T = unknown> {
  readonly dev: DevProcess;
  readonly requests: fc.Arbitrary<T>;
  /** How often each result occurred. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** Sends requests, all at once. @throws Error for every violation */
  send(batch: readonly T[]): Promise<void>;
  stop(): Promise<void>;
}
