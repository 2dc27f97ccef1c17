import type { WarmPool } from '../../contract/dev-endpoints.js';
import { isEngineAway } from '../../docker-engine/docker-errors.js';
import type { Clock } from '../../os/clock.js';
import type { Build, Exit, Prepared, Runtime, RuntimeBackend, SpawnRequest, StandbyOrder } from '../runtime.js';
import { readFreeMemory } from '../standby/free-memory.js';
import type { StandbyPlace } from '../standby/standby.js';
import { StandbyPool } from '../standby/standby-pool.js';
import { ControlSocketFolder } from './control-socket-folder.js';
import { describeEnd } from './describe-end.js';
import { FallbackBackend } from './fallback-backend.js';
import { describePoolTrouble, type PoolTrouble } from './pool-trouble.js';
import { PooledStandby } from './pooled-standby.js';

/** Approximate memory of a backend in a pool, which has loaded all its code. */
const BYTES_EACH = 100 * 1024 * 1024;

/** The dependencies of warm pools. */
export interface WarmPoolsWorld {
  clock: Clock;
  /** Records which backend a slot becomes. The record is on disk when this returns. */
  noteAssignment(slot: string, backendId: string): void;
  /** Returns how many bytes programs can still use; default: the system's value. */
  freeMemory?: () => number;
}

/**
 * Adds warm pools to a runtime: full backends that were started ahead of time, use the protocol of
 * `@jamsocket/session-backend`, and are given to a session through their control socket (platform contract, "Warm
 * pools"). All other requests are passed to the runtime.
 */
export class WarmPools implements Runtime {
  readonly #runtime: Runtime;
  readonly #folder = new ControlSocketFolder();
  readonly #pool: StandbyPool<Build, PooledStandby>;
  /** The newest order of each service with a pool. */
  readonly #orders = new Map<string, StandbyOrder>();
  /** The services that have been built. */
  readonly #services = new Set<string>();
  #isClosed = false;
  /** The remarks about each service's pool. Cleared when one of its backends is given to a session. */
  readonly #remarked = new Map<string, Set<string>>();

  constructor(runtime: Runtime, { clock, noteAssignment, freeMemory = readFreeMemory }: WarmPoolsWorld) {
    this.#runtime = runtime;
    const onTrouble = (place: StandbyPlace, trouble: PoolTrouble) => this.#report(place, trouble);
    const world = { runtime, folder: this.#folder, clock, onTrouble, noteAssignment };
    this.#pool = new StandbyPool({
      start: (place) => new PooledStandby(place, world),
      bytesEach: BYTES_EACH,
      freeMemory,
      clock,
      isOutage: isEngineAway,
      // Each failure was reported when it happened.
      onGivenUp: () => undefined,
      onChange: () => undefined,
    });
  }

  /** All pools, in the order in which their services were first built. */
  get counts(): WarmPool[] {
    return [...this.#orders.keys()].map((service) => {
      const { standing, wanted } = this.#pool.count(service);
      return { service, warm: standing, size: wanted };
    });
  }

  /** The standbys of each service that have loaded no part of the app, in the same order. */
  get warmStarts(): WarmPool[] {
    return [...this.#services].map((service) => {
      const { standing, wanted } = this.prepared(service);
      return { service, warm: standing, size: wanted };
    });
  }

  async spawn(request: SpawnRequest, signal: AbortSignal): Promise<RuntimeBackend> {
    signal.throwIfAborted();
    return this.#take(request) ?? this.#runtime.spawn(request, signal);
  }

  standBy(order: StandbyOrder): void {
    this.#services.add(order.service);
    this.#runtime.standBy?.(order);
    const { service, build, warmPool } = order;
    const obstacle = warmPool === 0 ? undefined : this.#runtime.poolObstacle?.(build);
    if (obstacle !== undefined) this.#remark(order, `The warm pool of "${service}" stays empty: ${obstacle}`);
    const size = obstacle === undefined ? warmPool : 0;
    if (size === 0) this.#orders.delete(service);
    else this.#orders.set(service, order);
    this.#pool.keep(service, build, size, order.awaitsRenewal);
  }

  renewStandbys(service: string): void {
    this.#runtime.renewStandbys?.(service);
    this.#pool.renew(service);
  }

  async standDown(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#pool.close(), this.#runtime.standDown?.()]);
    this.#folder.remove();
  }

  prepared(service: string): Prepared {
    return this.#runtime.prepared?.(service) ?? { standing: 0, wanted: 0 };
  }

  poolObstacle(build: Build): string | undefined {
    return this.#runtime.poolObstacle?.(build);
  }

  killAll(): void {
    this.#isClosed = true;
    this.#pool.killAll();
    this.#runtime.killAll();
    this.#folder.remove();
  }

  async cleared(): Promise<void> {
    await this.#runtime.cleared();
  }

  async close(): Promise<void> {
    await this.standDown();
    await this.#runtime.close();
  }

  #take(request: SpawnRequest): RuntimeBackend | undefined {
    let served: () => void = () => undefined;
    const isServed = new Promise<void>((resolve) => {
      served = resolve;
    });
    const standby = this.#pool.take(request.build, isServed, (each) => each.fits(request));
    if (standby === undefined) return undefined;
    this.#remarked.delete(request.service);
    const startCold = (exit: Exit, signal: AbortSignal) => this.#replace(request, exit, signal);
    return new FallbackBackend(standby.take(request, served), startCold);
  }

  async #replace(request: SpawnRequest, exit: Exit, signal: AbortSignal): Promise<RuntimeBackend | undefined> {
    if (this.#isClosed) return undefined;
    const end = describeEnd(exit);
    request.onRemark?.(
      `The backend from the warm pool ${end} before it reported ready: the session starts without it.`,
    );
    try {
      return await this.#runtime.spawn(request, signal);
    } catch (error) {
      if (!signal.aborted) request.onRemark?.(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  #report({ service, build }: StandbyPlace, trouble: PoolTrouble): void {
    const order = this.#orders.get(service);
    if (order?.build !== build) return;
    this.#remark(order, describePoolTrouble(service, trouble, build.kind === 'process'), trouble.what);
    if (trouble.isFinal) this.#pool.keep(service, build, 0);
  }

  /** Makes a remark once per problem, even if it occurs repeatedly. */
  #remark({ service, onRemark }: StandbyOrder, text: string, what = text): void {
    const remarked = this.#remarked.get(service) ?? new Set();
    if (remarked.has(what)) return;
    this.#remarked.set(service, remarked.add(what));
    onRemark(text);
  }
}
