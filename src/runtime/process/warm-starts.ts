import { isDeepStrictEqual } from 'node:util';
import { noteDecision } from '../../os/debug/debug-log.js';
import type { SupervisedChild } from '../../processes/supervised-child.js';
import { DEFAULT_WARM, type Prepared, type ProcessBuild, type StandbyOrder } from '../runtime.js';
import { readFreeMemory } from '../standby/free-memory.js';
import type { StandbyPlace } from '../standby/standby.js';
import { StandbyPool } from '../standby/standby-pool.js';
import { type NodeCommand, readNodeCommand } from './node-command.js';
import { type NodePreload, withStandBy } from './node-preload.js';
import { type WarmAssignment, WarmProcess, type WarmTools } from './warm-process.js';

/** Memory of Node.js before anything of an app is loaded, in bytes; a part of it is shared. */
const BYTES_EACH = 64 * 1024 * 1024;

/** The dependencies of warm starts. */
export interface WarmWorld extends WarmTools {
  preload: NodePreload;
  /** Returns the environment of a build's backends, without the variables of a single backend. */
  environmentOf(build: ProcessBuild): NodeJS.ProcessEnv;
}

/** Starts Node.js backends from processes that were started ahead of time. */
export class WarmStarts {
  readonly #world: WarmWorld;
  readonly #pool: StandbyPool<ProcessBuild, WarmProcess>;
  readonly #remarks = new Map<string, (text: string) => void>();
  /** The reasons why processes of a build can't be started ahead of time. */
  readonly #refusals = new WeakMap<ProcessBuild, string>();
  /** Processes that were taken out of the pool, but are not backends yet. */
  readonly #inAssignment = new Set<WarmProcess>();

  constructor(world: WarmWorld) {
    this.#world = world;
    this.#pool = new StandbyPool({
      start: (place) => this.#start(place),
      // A process of another build can be reused if only the number differs, since no part of the app is loaded yet.
      suits: (started, build) => isDeepStrictEqual({ ...started, number: build.number }, build),
      bytesEach: BYTES_EACH,
      freeMemory: () => readFreeMemory(),
      clock: world.clock,
      onGivenUp: (service, cause) => this.#giveUp(service, cause),
      onChange: () => undefined,
    });
  }

  /** Keeps processes of a build instead of those of earlier builds, if they can be started ahead of time. */
  keep({ service, warm = DEFAULT_WARM, awaitsRenewal, onRemark }: StandbyOrder, build: ProcessBuild): void {
    this.#remarks.set(service, onRemark);
    const command = this.#commandOf(build);
    if ('why' in command) this.#refusals.set(build, command.why);
    this.#pool.keep(service, build, 'why' in command ? 0 : warm, awaitsRenewal);
    noteDecision('processes', () => {
      const { number } = build;
      if ('why' in command) return `build ${number} of ${service}: no processes ahead of time, ${command.why}`;
      return `build ${number} of ${service}: ${warm} processes ahead of time`;
    });
  }

  count(service: string): Prepared {
    return this.#pool.count(service);
  }

  /** Replaces the processes of earlier builds. */
  renew(service: string): void {
    this.#pool.renew(service);
  }

  /**
   * Starts a backend from a process in standby.
   * @param served settles when the backend's start is over
   * @param signal ends the process, which may be stuck
   * @returns undefined if the backend has to be started cold
   * @throws JamdevError `StateFolderUnusable`; the signal's reason when it aborts
   */
  async start(
    build: ProcessBuild,
    assignment: WarmAssignment,
    served: Promise<unknown>,
    signal: AbortSignal,
  ): Promise<SupervisedChild | undefined> {
    let why = this.#refusals.get(build) ?? 'none of its build stands by';
    const process = this.#pool.take(build, served, (each) => {
      const difference = each.findDifference(assignment.env);
      why = difference ?? why;
      return difference === undefined;
    });
    const child = process && (await this.#assign(process, assignment, signal));
    if (process !== undefined) why = 'the one that stood by has ended, or is stuck';
    const { backendId } = assignment;
    if (child === undefined) noteDecision('processes', () => `backend ${backendId} is started cold: ${why}`);
    else noteDecision('processes', () => `backend ${backendId} is started warm`);
    return child;
  }

  /** Ends all processes in standby, and starts no more. */
  async close(): Promise<void> {
    await this.#pool.close();
  }

  killAll(): void {
    this.#pool.killAll();
    for (const process of this.#inAssignment) process.killNow();
  }

  async #assign(
    process: WarmProcess,
    assignment: WarmAssignment,
    signal: AbortSignal,
  ): Promise<SupervisedChild | undefined> {
    const end = () => process.end();
    signal.addEventListener('abort', end);
    this.#inAssignment.add(process);
    try {
      const child = await process.assign(assignment);
      // If it was ended because of the signal, no cold start follows.
      if (child === undefined) signal.throwIfAborted();
      return child;
    } finally {
      signal.removeEventListener('abort', end);
      this.#inAssignment.delete(process);
    }
  }

  #start(place: StandbyPlace<ProcessBuild>): WarmProcess {
    const { preload, environmentOf } = this.#world;
    const env = environmentOf(place.build);
    const command = this.#commandOf(place.build) as NodeCommand;
    const nodeOptions = withStandBy(env.NODE_OPTIONS, preload.path('stand-by.cjs'));
    return new WarmProcess({ place, command, env, nodeOptions }, this.#world);
  }

  #commandOf(build: ProcessBuild): NodeCommand | { why: string } {
    return readNodeCommand(build.command, build.cwd, this.#world.environmentOf(build));
  }

  #giveUp(service: string, cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#remarks.get(service)?.(
      `No process of ${service} can be started ahead of time (${reason}). Its backends start as usual; "warm": 0 in the config turns this off.`,
    );
  }
}
