import { readFileSync } from 'node:fs';
import { pause } from '../../os/clock.js';
import { ignoreError } from '../../os/debug/debug-log.js';
import { hasEnded } from '../../processes/process-table.js';
import { mayRun, sendSignal } from '../../processes/signal.js';
import { hasTcpSockets } from './tcp-sockets.js';

/** Limits of the pause between checks whether the process has ended; a check is one system call. */
const SHORTEST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 20;
const PAUSE_PER_WAITED = 0.05;

/**
 * The first process of a container, if it is visible on this machine. When it ends, all other processes in the
 * container have ended: the kernel kills them and waits for them before it reports the end of the first one.
 */
export class FirstProcess {
  readonly #containerId: string;
  readonly #pid: number;

  private constructor(containerId: string, pid: number) {
    this.#containerId = containerId;
    this.#pid = pid;
  }

  /**
   * Finds the first process of a container.
   * @param containerId full id
   * @param pid the engine's value; 0 for a container that has ended
   * @returns undefined if the engine's processes are not visible, such as those in a virtual machine
   */
  static find(containerId: string, pid: number): FirstProcess | undefined {
    if (pid === 0) return undefined;
    const found = new FirstProcess(containerId, pid);
    return found.#hasItsNumber ? found : undefined;
  }

  /** Whether the process has ended. The engine reports this about 30 ms later, and even later on a busy machine. */
  get hasEnded(): boolean {
    return hasEnded(this.#pid);
  }

  /** Whether any process in the container may accept a connection. If false, certainly none does now. */
  get mayAccept(): boolean {
    return hasTcpSockets(this.#pid);
  }

  /**
   * Sends a signal to the process.
   * @returns whether it was sent; this user may not have the permission
   */
  signal(signal: NodeJS.Signals): boolean {
    return this.#hasItsNumber && sendSignal(this.#pid, signal) === 'sent';
  }

  /** Resolves when the process has ended or the signal aborts. */
  async untilEnded(signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    while (!signal.aborted && mayRun(this.#pid)) {
      const waitedMs = performance.now() - startedAt;
      await pause(Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, waitedMs * PAUSE_PER_WAITED)), signal);
    }
  }

  /**
   * Whether the pid still belongs to a process in this container. Seen from another container, or after the end, it
   * belongs to another process or to none. The name of a container's control group contains its id.
   */
  get #hasItsNumber(): boolean {
    try {
      return readFileSync(`/proc/${this.#pid}/cgroup`, 'utf8').includes(this.#containerId);
    } catch (error) {
      return ignoreError('docker', 'reading the control group of a container', false)(error);
    }
  }
}
