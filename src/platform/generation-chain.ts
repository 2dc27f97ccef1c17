import { ignoreError } from '../os/debug/debug-log.js';
import type { Build, Exit } from '../runtime/runtime.js';
import type { BuildGate } from './build-gate.js';
import type { Generation } from './generation.js';

/**
 * Runs the processes of one backend one after another. A new process starts only after the previous one has stopped,
 * since only one may run under a key. The cleanup of the previous one may still be in progress.
 */
export class GenerationChain {
  readonly #gate: Pick<BuildGate, 'overwrites' | 'untilUsable'>;
  #start: ((build: Build) => Generation) | undefined;
  #current: Generation | undefined;
  #lastBuild: Build | undefined;
  /** The build of the next process. If several replacements are requested, the newest one wins. */
  #next: Build | undefined;
  #isEnding = false;

  /**
   * @param start starts a process of a build
   * @param gate decides when a process may start
   */
  constructor(start: (build: Build) => Generation, gate: Pick<BuildGate, 'overwrites' | 'untilUsable'>) {
    this.#start = start;
    this.#gate = gate;
  }

  /** The running process, or the last one that ran; undefined before the first start and after {@link release}. */
  get current(): Generation | undefined {
    return this.#current;
  }

  /** The build of the current process, still known after {@link release}. */
  get build(): Build | undefined {
    return this.#lastBuild;
  }

  /** The build whose process is expected to become ready; undefined if no process is awaited. */
  get coming(): Build | undefined {
    return this.#next ?? (this.#current?.isComing ? this.#current.build : undefined);
  }

  /** Whether the last process exited on its own and no other will replace it. */
  get endedItself(): boolean {
    return this.#current?.endedItself === true && this.#next === undefined;
  }

  /**
   * Runs a process of a build, and then the processes that replace it.
   * @returns how the last process ended, once all processes are cleaned up
   * @throws why the last process could not be started
   */
  async run(first: Build): Promise<Exit> {
    const cleanups = new Set<Promise<unknown>>();
    let wasReady = false;
    for (let build = first; ; ) {
      const { overwrites } = this.#gate;
      const generation = this.#begin(build);
      await generation.stopped;
      const cleanup = generation.exited.catch(ignoreError('platform', 'running a process'));
      // A replacement can still be requested until this process is cleaned up.
      if (this.#next === undefined || this.#isEnding) await cleanup;
      wasReady ||= generation.wasReady;
      // If a build removed files while the process was starting, the failure says nothing about the next build.
      if (generation.failedToStart && overwrites !== this.#gate.overwrites) this.#next ??= build;
      const next = await this.#whenUsable(wasReady).catch(async (error) => {
        await Promise.all([...cleanups, cleanup]);
        throw error;
      });
      this.#next = undefined;
      if (next === undefined) {
        await Promise.all(cleanups);
        return generation.exited;
      }
      cleanups.add(cleanup);
      // Sessions may see hundreds of builds, so finished cleanups are removed.
      void cleanup.then(() => cleanups.delete(cleanup));
      build = next;
    }
  }

  #begin(build: Build): Generation {
    if (this.#start === undefined) throw new Error('a process was started for a backend that has ended');
    this.#lastBuild = build;
    this.#current = this.#start(build);
    return this.#current;
  }

  /** Waits until the next process may start. Resolves with its build, or with undefined if there is no next process. */
  async #whenUsable(patient: boolean): Promise<Build | undefined> {
    try {
      if (this.#next !== undefined && !this.#isEnding) await this.#gate.untilUsable(patient);
    } catch (error) {
      if (!this.#isEnding) throw error;
    }
    return this.#isEnding ? undefined : this.#next;
  }

  /** Replaces the current process by one of another build, unless the end has begun. */
  replace(build: Build): void {
    const isUnderWay = this.#next !== undefined;
    this.#next = build;
    if (!isUnderWay) this.#current?.retire();
  }

  /** Ends the current process, softly or hard, and prevents any further replacement. */
  end(hard: boolean): void {
    // A process that exited on its own can still be replaced.
    if (!this.endedItself) this.#isEnding = true;
    this.#current?.end(hard);
  }

  /**
   * Drops the references to the last process and to the start function, since ended backends are remembered for a long
   * time. Call this when {@link run} is over.
   */
  release(): void {
    this.#current = undefined;
    this.#start = undefined;
  }
}

/** Describes the replacement of a process by one of another build. */
export function replacedBy({ number }: Build, why: string): string {
  return `replaced by build ${number} (${why})`;
}
