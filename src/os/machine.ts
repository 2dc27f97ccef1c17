import { availableParallelism, totalmem } from 'node:os';

/** The resources of this machine, or of the container that jamdev itself runs in. */
export interface Machine {
  /** Bytes. */
  memoryBytes: number;
  cpus: number;
}

/** Reads the machine's resources. This is slow, since some of them come from files. */
export function lookAtMachine(): Machine {
  const limit = process.constrainedMemory();
  return { memoryBytes: limit > 0 ? Math.min(limit, totalmem()) : totalmem(), cpus: availableParallelism() };
}
