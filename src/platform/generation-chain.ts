import { ignoreError } from '../os/debug/debug-log.js';
import type { Build, Exit } from '../runtime/runtime.js';
import type { BuildGate } from './build-gate.js';
import type { Generation } from './generation.js';

/**
 * Runs the processes of one backend one after another. A new one starts when nothing of the one before it runs, as the
 * key demands; what the old one ran in may be cleared away meanwhile.
 */
export class GenerationChain {
  readonly #gate: Pick<BuildGate, 'overwrites' | 'untilUsable'>;
  #start: ((build: Build) => Generation) | undefined;
  #current: Generation | undefined;
  #lastBuild: Build | undefined;
  /** The build that is to take the place of the one that runs; the newest wins. */
  #next: Build | undefined;
  #isEnding = false;

  /**
   * @param start starts a process of a build
   * @param gate says when a process may start
   */
  constructor(start: (build: Build) => Generation, gate: Pick<BuildGate, 'overwrites' | 'untilUsable'>) {
    this.#start = start;
    this.#gate = gate;
  }

  /** The process that runs, or the last one that did; undefined before the first one, and once it was released. */
  get current(): Generation | undefined {
    return this.#current;
  }

  /** The build of that process; known after {@link release} too. */
  get build(): Build | undefined {
    return this.#lastBuild;
  }

  /** The build whose process is not ready yet, and is to become it; undefined: none is waited for. */
  get coming(): Build | undefined {
    return this.#next ?? (this.#current?.isComing ? this.#current.build : undefined);
  }

  /** Whether its last process ended without being asked to, and no other takes its place. */
  get endedItself(): boolean {
    return this.#current?.endedItself === true && this.#next === undefined;
  }

  /**
   * Runs a process of a build and then, one after another, the processes that replace it.
   * @returns how the last one ended, once nothing is left of any
   * @throws why the last one could not be started
   */
  async run(first: Build): Promise<Exit> {
    const cleanups = new Set<Promise<unknown>>();
    let wasReady = false;
    for (let build = first; ; ) {
      const { overwrites } = this.#gate;
      const generation = this.#begin(build);
      await generation.stopped;
      const cleanup = generation.exited.catch(ignoreError('platform', 'running a process'));
      // A replacement may come for as long as this one is not cleared away.
      if (this.#next === undefined || this.#isEnding) await cleanup;
      wasReady ||= generation.wasReady;
      // It may have met files that a build had just removed, and says nothing about the build that comes.
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
      // A session may be given hundreds of builds.
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

  /** The build of the next process, if there is to be one, once it may start. */
  async #whenUsable(patient: boolean): Promise<Build | undefined> {
    try {
      if (this.#next !== undefined && !this.#isEnding) await this.#gate.untilUsable(patient);
    } catch (error) {
      if (!this.#isEnding) throw error;
    }
    return this.#isEnding ? undefined : this.#next;
  }

  /** Replaces the process by one of another build, unless the end has begun. */
  replace(build: Build): void {
    const isUnderWay = this.#next !== undefined;
    this.#next = build;
    if (!isUnderWay) this.#current?.retire();
  }

  /** Ends the process, softly or hard; no other takes its place. */
  end(hard: boolean): void {
    // One that ended itself can still be replaced.
    if (!this.endedItself) this.#isEnding = true;
    this.#current?.end(hard);
  }

  /**
   * Lets go of the last process and of all that it took to start one: an ended backend is remembered for a long time. Call
   * it when {@link run} is over.
   */
  release(): void {
    this.#current = undefined;
    this.#start = undefined;
  }
}

/** Says that a build takes the place of the one that a backend runs, for people. */
export function replacedBy({ number }: Build, why: string): string {
  return `replaced by build ${number} (${why})`;
}
