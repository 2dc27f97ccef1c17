import { lookAtMachine } from '../../os/machine.js';
import { type ProcessEntry, peakMemoryOf } from '../../processes/process-table.js';
import type { TreeMembers } from '../../processes/process-tree.js';
import type { Usage } from '../runtime.js';

/** Adds up, look by look, what the processes of one backend use. */
export class TreeUsage {
  readonly #machine = lookAtMachine();
  /** What was seen at the last look. */
  #seen = new Map<string, ProcessEntry>();
  /** CPU time of processes that are gone and that nobody waited for: the system no longer tells it. */
  #forgottenMs = 0;

  /**
   * @param peak whether to ask each process for the most memory that it had
   * @returns undefined when nothing of it runs, or nothing that has memory
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
      // What each had at its peak was not there at one time: only the largest of these is sure.
      peakMemoryBytes: Math.max(memoryBytes, ...peaks),
      memoryLimitBytes: this.#machine.memoryBytes,
      cpuMs: told + this.#forgottenMs,
      systemCpuMs: performance.now() * this.#machine.cpus,
    };
  }
}

/** CPU time of processes that are no longer there, as far as it did not go over to those that waited for them. */
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
