import { readFileSync } from 'node:fs';
import { pause } from '../../os/clock.js';
import { ignoreError } from '../../os/debug/debug-log.js';
import { hasEnded } from '../../processes/process-table.js';
import { mayRun, sendSignal } from '../../processes/signal.js';
import { hasTcpSockets } from './tcp-sockets.js';

/** Pauses between looks whether it has ended: a look is one system call. */
const SHORTEST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 20;
const PAUSE_PER_WAITED = 0.05;

/**
 * The first process of a container, where it can be seen among those of this machine. When it ends, all others in the
 * container have ended: the kernel kills them, and waits for them, before anyone is told of the end of the first.
 */
export class FirstProcess {
  readonly #containerId: string;
  readonly #pid: number;

  private constructor(containerId: string, pid: number) {
    this.#containerId = containerId;
    this.#pid = pid;
  }

  /**
   * Finds it.
   * @param containerId full id
   * @param pid as the engine gives it; 0 for a container that has ended
   * @returns undefined where the engine's processes can't be seen, as those of a virtual machine
   */
  static find(containerId: string, pid: number): FirstProcess | undefined {
    if (pid === 0) return undefined;
    const found = new FirstProcess(containerId, pid);
    return found.#hasItsNumber ? found : undefined;
  }

  /** Whether it has ended, which the engine reports some 30 ms later, and still later on a busy machine. */
  get hasEnded(): boolean {
    return hasEnded(this.#pid);
  }

  /** Whether anything in the container may accept a connection; false: certainly nothing does now. */
  get mayAccept(): boolean {
    return hasTcpSockets(this.#pid);
  }

  /**
   * Sends it a signal.
   * @returns whether it was sent: this user may not be allowed to
   */
  signal(signal: NodeJS.Signals): boolean {
    return this.#hasItsNumber && sendSignal(this.#pid, signal) === 'sent';
  }

  /** Resolves when it has ended, or the signal aborts. */
  async untilEnded(signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    while (!signal.aborted && mayRun(this.#pid)) {
      const waitedMs = performance.now() - startedAt;
      await pause(Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, waitedMs * PAUSE_PER_WAITED)), signal);
    }
  }

  /**
   * Whether its number is that of a process in this container. Seen from another container, or after its end, the number
   * belongs to another process or to none. The control group of a container is called by its id.
   */
  get #hasItsNumber(): boolean {
    try {
      return readFileSync(`/proc/${this.#pid}/cgroup`, 'utf8').includes(this.#containerId);
    } catch (error) {
      return ignoreError('docker', 'reading the control group of a container', false)(error);
    }
  }
}
