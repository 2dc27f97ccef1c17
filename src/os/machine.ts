import { availableParallelism, totalmem } from 'node:os';

/** What this machine has, or the container that jamdev itself runs in. */
export interface Machine {
  /** Bytes. */
  memoryBytes: number;
  cpus: number;
}

/** Asks the system, which takes a while: some of it lies in files. */
export function lookAtMachine(): Machine {
  const limit = process.constrainedMemory();
  return { memoryBytes: limit > 0 ? Math.min(limit, totalmem()) : totalmem(), cpus: availableParallelism() };
}
