import { availableParallelism, totalmem } from 'node:os';

/** The memory that this machine has, or the container that jamdev itself runs in; bytes. */
export function machineMemoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** CPU time that all CPUs together had to give since some moment, used or not; milliseconds. */
export function machineCpuMs(): number {
  return performance.now() * availableParallelism();
}
