import { lookAtMachine } from '../../os/machine.js';
import { type ProcessEntry, peakMemoryOf } from '../../processes/process-table.js';
import type { TreeMembers } from '../../processes/process-tree.js';
import type { Usage } from '../runtime.js';

/** Sums up the usage of a backend's processes over several samples. */
export class TreeUsage {
  readonly #machine = lookAtMachine();
  /** The processes in the last sample. */
  #seen = new Map<string, ProcessEntry>();
  /** CPU time of ended processes that no process waited for, which the system no longer reports. */
  #forgottenMs = 0;

  /**
   * Adds a sample. @param peak whether to read the peak memory of each process
   * @returns undefined if no process is running, or none has memory
   */
  add({ living, ended }: TreeMembers, peak = true): Usage | undefined {
    const present = new Map([...living, ...ended].map((entry) => [`${entry.pid} ${entry.startId}`, entry]));
    this.#forgottenMs += forgottenMs(this.#seen, present);
    this.#seen = present;
    const memoryBytes = living.reduce((sum, entry) => sum + entry.memoryBytes, 0);
    if (memoryBytes === 0) return undefined;
    const told = [...present.values()].reduce((sum, { cpuMs, childrenCpuMs }) => sum + cpuMs + childrenCpuMs, 0);
    const peaks = peak ? living.map(({ pid }) => peakMemoryOf(pid) ?? 0) : [];
    return {
      memoryBytes,
      // The peaks of several processes may not coincide, so only the largest one is certain.
      peakMemoryBytes: Math.max(memoryBytes, ...peaks),
      memoryLimitBytes: this.#machine.memoryBytes,
      cpuMs: told + this.#forgottenMs,
      systemCpuMs: performance.now() * this.#machine.cpus,
    };
  }
}

/** Returns the CPU time of ended processes, except the part that was added to the processes that waited for them. */
function forgottenMs(before: ReadonlyMap<string, ProcessEntry>, now: ReadonlyMap<string, ProcessEntry>): number {
  let goneMs = 0;
  let takenOverMs = 0;
  for (const [identity, { cpuMs, childrenCpuMs }] of before) {
    const entry = now.get(identity);
    if (entry === undefined) goneMs += cpuMs + childrenCpuMs;
    else takenOverMs += entry.childrenCpuMs - childrenCpuMs;
  }
  return Math.max(0, goneMs - takenOverMs);
}
