import { ignoreError } from '../../os/debug/debug-log.js';
import type { Build } from '../runtime.js';
import type { Standby } from './standby.js';
import type { StandbyPoolWorld } from './standby-pool.js';

/** Boots that fail one after the other before no more are tried for a build. */
const MAX_FAILED_BOOTS = 3;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 60_000;
/** From the end of a start to that of the next one ahead of time: the first requests go before. */
const REFILL_DELAY_MS = 100;
/** How often memory is looked at while something stands by, or would if there were more of it. */
const MEMORY_CHECK_MS = 10_000;
/** One more is started only if this many of its kind would fit into the free memory, and one is ended below the other. */
const FREE_TO_START = 4;
const FREE_TO_KEEP = 2;

/** What stands by for one service: the state machine that keeps its number. */
export class ServiceStandbys<B extends Build, T extends Standby> {
  readonly #service: string;
  readonly #world: StandbyPoolWorld<B, T>;
  readonly #standing = new Map<number, T>();
  /** Ended or taken over, and not gone: their memory is still in use. */
  readonly #leaving = new Set<T>();
  /** Places of what was taken, until the start of that is over. */
  readonly #held = new Set<number>();
  #build: B | undefined;
  #count = 0;
  /** Of what stands by: started for earlier builds, and to be replaced when the newest one runs. */
  #older: readonly T[] = [];
  /** Those of them that do not suit the newest build: nothing takes them. */
  #retired: readonly T[] = [];
  /** Nothing starts before {@link renew}. */
  #awaitsRenewal = false;
  #isBooting = false;
  #failedBoots = 0;
  #crashes = 0;
  /** Starts that failed one after the other for reasons that have nothing to do with the build. */
  #outages = 0;
  #cancelRetry: (() => void) | undefined;
  #cancelCheck: (() => void) | undefined;

  constructor(service: string, world: StandbyPoolWorld<B, T>) {
    this.#service = service;
    this.#world = world;
  }

  get build(): B | undefined {
    return this.#build;
  }

  /** How many stand by, ready to be taken. */
  get standing(): number {
    return [...this.#standing.values()].filter((each) => each.isTakeable && !this.#retired.includes(each)).length;
  }

  get wanted(): number {
    return this.#count;
  }

  /** All that runs, also what is being ended. */
  get all(): readonly T[] {
    return [...this.#standing.values(), ...this.#leaving];
  }

  /**
   * Keeps this many for a build from now on. What stands by for another build is ended first, unless it suits this one as
   * well: then backends that this build replaces can take it, and it goes at {@link renew}.
   * @param awaitsRenewal whether what does not suit is also left until then, and nothing starts before
   */
  keep(build: B | undefined, count: number, awaitsRenewal = false): void {
    const before = this.#build;
    this.#build = build;
    const isNew = build !== before;
    const isKept = before !== undefined && build !== undefined && this.#world.suits?.(before, build) === true;
    if (isNew) this.#older = [...this.#standing.values()];
    if (isNew && !isKept) {
      this.#failedBoots = 0;
      this.#crashes = 0;
      this.#cancelRetry?.();
      this.#cancelRetry = undefined;
      this.#retired = this.#older;
    }
    this.#awaitsRenewal = awaitsRenewal && (this.#awaitsRenewal || (isNew && !isKept));
    if (!this.#awaitsRenewal) this.#endAll(this.#retired);
    this.#count = count;
    if (count === 0) {
      this.#cancelCheck?.();
      this.#cancelCheck = undefined;
    }
    this.#endFrom(count);
    this.#fill();
  }

  /** Replaces those that still stand by from earlier builds. */
  renew(): void {
    this.#awaitsRenewal = false;
    this.#endAll(this.#older);
    this.#older = [];
    this.#retired = [];
    this.#fill();
  }

  /** Takes one that fits, and leaves its place empty until `served` settles. */
  take(served: Promise<unknown>, fits: (standby: T) => boolean): T | undefined {
    for (const [slot, standby] of this.#standing) {
      if (!standby.isTakeable || this.#retired.includes(standby) || !fits(standby)) continue;
      this.#standing.delete(slot);
      this.#held.add(slot);
      const release = () => {
        this.#world.clock.after(REFILL_DELAY_MS, () => {
          this.#held.delete(slot);
          this.#fill();
        });
      };
      served.then(release, release);
      this.#world.onChange(this.#service);
      return standby;
    }
    return undefined;
  }

  /** Resolves when nothing of what stood by runs. */
  async end(): Promise<void> {
    this.keep(undefined, 0);
    await Promise.all([...this.#leaving].map(({ gone }) => gone));
  }

  /** Ends those in places from a number on. */
  #endFrom(first: number): void {
    for (const [slot, standby] of [...this.#standing]) if (slot >= first) this.#end(slot, standby);
  }

  #endAll(standbys: readonly T[]): void {
    for (const [slot, standby] of [...this.#standing]) if (standbys.includes(standby)) this.#end(slot, standby);
  }

  #end(slot: number, standby: T): void {
    this.#standing.delete(slot);
    this.#leaving.add(standby);
    void standby.gone.then(() => {
      this.#leaving.delete(standby);
      this.#fill();
    });
    standby.end();
    this.#world.onChange(this.#service);
  }

  /** Starts the next one if there is a place and memory for it. One boots at a time, and none before the old are gone. */
  #fill(): void {
    const build = this.#build;
    if (build === undefined || this.#isBooting || this.#leaving.size > 0 || this.#cancelRetry !== undefined) return;
    if (this.#awaitsRenewal || this.#failedBoots >= MAX_FAILED_BOOTS) return;
    const slot = this.#freeSlot();
    if (this.#count > 0) this.#checkMemoryLater();
    if (slot === undefined || !this.#fits(FREE_TO_START)) return;
    this.#isBooting = true;
    const standby = this.#world.start({ service: this.#service, build, slot });
    this.#standing.set(slot, standby);
    void this.#follow(slot, standby);
  }

  #freeSlot(): number | undefined {
    for (let slot = 0; slot < this.#count; slot += 1) {
      if (!this.#standing.has(slot) && !this.#held.has(slot)) return slot;
    }
    return undefined;
  }

  async #follow(slot: number, standby: T): Promise<void> {
    const failure = await standby.ready.then(
      () => undefined,
      (error: unknown) => error ?? new Error('it ended'),
    );
    this.#isBooting = false;
    const isOurs = this.#standing.get(slot) === standby;
    if (failure === undefined) {
      if (isOurs) [this.#failedBoots, this.#outages] = [0, 0];
      this.#world.onChange(this.#service);
      this.#fill();
      await standby.gone;
      // It was taken or ended, or it crashed while it stood by.
      if (this.#standing.get(slot) === standby) this.#crashed(slot, standby);
    } else if (isOurs) {
      ignoreError('processes', 'starting something to stand by')(failure);
      this.#end(slot, standby);
      if (!this.#retired.includes(standby)) this.#bootFailed(failure);
    } else {
      this.#fill();
    }
  }

  #crashed(slot: number, standby: T): void {
    this.#standing.delete(slot);
    this.#world.onChange(this.#service);
    if (this.#retired.includes(standby)) return this.#fill();
    this.#crashes += 1;
    this.#retryAfter(this.#crashes);
  }

  #bootFailed(failure: unknown): void {
    if (this.#world.isOutage?.(failure)) {
      this.#outages += 1;
      return this.#retryAfter(this.#outages);
    }
    this.#failedBoots += 1;
    if (this.#failedBoots < MAX_FAILED_BOOTS) this.#retryAfter(this.#failedBoots);
    else this.#world.onGivenUp(this.#service, failure);
  }

  #retryAfter(failures: number): void {
    const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));
    this.#cancelRetry?.();
    this.#cancelRetry = this.#world.clock.after(delayMs, () => {
      this.#cancelRetry = undefined;
      this.#fill();
    });
  }

  #fits(times: number): boolean {
    return this.#world.freeMemory() >= this.#world.bytesEach * times;
  }

  #checkMemoryLater(): void {
    this.#cancelCheck ??= this.#world.clock.after(MEMORY_CHECK_MS, () => {
      this.#cancelCheck = undefined;
      const last = [...this.#standing].at(-1);
      if (last !== undefined && !this.#fits(FREE_TO_KEEP)) this.#end(...last);
      this.#fill();
      if (this.#count > 0) this.#checkMemoryLater();
    });
  }
}
