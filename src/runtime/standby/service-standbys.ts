import { ignoreError } from '../../os/debug/debug-log.js';
import type { Build } from '../runtime.js';
import type { Standby } from './standby.js';
import type { StandbyPoolWorld } from './standby-pool.js';

/** How many starts in a row may fail before no more are tried for a build. */
const MAX_FAILED_BOOTS = 3;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 60_000;
/** Pause between the end of a start and the next start ahead of time, so that the first requests take precedence. */
const REFILL_DELAY_MS = 100;
/** How often memory is checked while something is in standby or is waiting for memory. */
const MEMORY_CHECK_MS = 10_000;
/**
 * A new one is started only if this many would fit into the free memory, and one is ended if the lower number does not
 * fit.
 */
const FREE_TO_START = 4;
const FREE_TO_KEEP = 2;

/** The standbys of one service: the state machine that maintains their number. */
export class ServiceStandbys<B extends Build, T extends Standby> {
  readonly #service: string;
  readonly #world: StandbyPoolWorld<B, T>;
  readonly #standing = new Map<number, T>();
  /** Standbys that are being ended, whose memory is still in use. */
  readonly #leaving = new Set<T>();
  /** Slots of standbys that were taken, until the start of their backend is over. */
  readonly #held = new Set<number>();
  #build: B | undefined;
  #count = 0;
  /** Standbys that were started for earlier builds, to be replaced when the newest build runs. */
  #older: readonly T[] = [];
  /** The ones among them that do not suit the newest build, and can't be taken. */
  #retired: readonly T[] = [];
  /** If true, nothing is started before {@link renew}. */
  #awaitsRenewal = false;
  #isBooting = false;
  #failedBoots = 0;
  #crashes = 0;
  /** Starts in a row that failed for reasons unrelated to the build. */
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

  /** How many standbys are ready to be taken. */
  get standing(): number {
    return [...this.#standing.values()].filter((each) => each.isTakeable && !this.#retired.includes(each)).length;
  }

  get wanted(): number {
    return this.#count;
  }

  /** All running standbys, including those that are being ended. */
  get all(): readonly T[] {
    return [...this.#standing.values(), ...this.#leaving];
  }

  /**
   * Keeps a number of standbys for a build from now on. Standbys for another build are ended first, unless they suit
   * this one as well: in that case, backends of this build can take them, and the rest is ended at {@link renew}.
   * @param awaitsRenewal whether unsuitable ones are also kept until then, and nothing is started before
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

  /** Replaces the remaining standbys of earlier builds. */
  renew(): void {
    this.#awaitsRenewal = false;
    this.#endAll(this.#older);
    this.#older = [];
    this.#retired = [];
    this.#fill();
  }

  /** Takes a standby that fits, and keeps its slot empty until `served` settles. */
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

  /** Resolves when nothing of the standbys runs anymore. */
  async end(): Promise<void> {
    this.keep(undefined, 0);
    await Promise.all([...this.#leaving].map(({ gone }) => gone));
  }

  /** Ends the standbys in all slots from a number on. */
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

  /**
   * Starts the next standby if there is a slot and memory for it. Only one starts at a time, and none before the old
   * ones are gone.
   */
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
      // Unless it was taken or ended, it crashed in standby.
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
