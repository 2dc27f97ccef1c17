import { pause } from '../os/clock.js';
import { environmentOf, listProcesses, type ProcessEntry } from '../processes/process-table.js';
import { signalOne } from '../processes/process-tree.js';

/** How long they have after SIGTERM. */
const GRACE_MS = 2_000;
/** How long SIGKILL may take to have its effect. */
const KILL_MS = 1_000;
const LOOK_PAUSE_MS = 20;

/** The processes that a command started: to end those that it leaves running in its process group, which is ours. */
export class Stragglers {
  readonly #pid: number;
  readonly #mark: string;
  #known: ProcessEntry[] = [];

  /**
   * @param pid of the command's first process
   * @param mark a `NAME=value` that only its environment, and what it handed on of it, can have
   */
  constructor(pid: number, mark: string) {
    this.#pid = pid;
    this.#mark = mark;
  }

  /** Remembers what descends from the command now. Once it has ended only Linux, which shows environments, can tell. */
  async note(): Promise<void> {
    const all = await listProcesses().catch(() => []);
    const tree = new Set([this.#pid]);
    for (let size = 0; size < tree.size; ) {
      size = tree.size;
      for (const { pid, ppid } of all) if (tree.has(ppid)) tree.add(pid);
    }
    this.#known = all.filter(({ pid }) => pid !== this.#pid && tree.has(pid));
  }

  /** Ends them once the command has ended: SIGTERM, then SIGKILL. One that left the group, as daemons do, may stay. */
  async end(): Promise<void> {
    const startedAt = performance.now();
    const asked = new Set<number>();
    for (;;) {
      const left = await this.#left();
      const passedMs = performance.now() - startedAt;
      if (left.length === 0 || passedMs > GRACE_MS + KILL_MS) return;
      for (const { pid } of left) {
        if (passedMs > GRACE_MS) signalOne(pid, 'SIGKILL');
        else if (!asked.has(pid)) signalOne(pid, 'SIGTERM');
        asked.add(pid);
      }
      await pause(LOOK_PAUSE_MS);
    }
  }

  async #left(): Promise<ProcessEntry[]> {
    // Where the system does not tell, nothing is ended.
    const all = await listProcesses().catch(() => []);
    const group = all.find(({ pid }) => pid === process.pid)?.pgid;
    const mates = all.filter(({ pid, pgid, zombie }) => pgid === group && pid !== process.pid && !zombie);
    return mates.filter(
      ({ pid, startId }) =>
        this.#known.some((known) => known.pid === pid && known.startId === startId) ||
        environmentOf(pid)?.includes(this.#mark),
    );
  }
}
