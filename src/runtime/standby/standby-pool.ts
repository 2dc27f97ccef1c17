import type { Clock } from '../../os/clock.js';
import type { Build, Prepared } from '../runtime.js';
import { ServiceStandbys } from './service-standbys.js';
import type { Standby, StandbyPlace } from './standby.js';

/** What a pool depends on. */
export interface StandbyPoolWorld<B extends Build, T extends Standby> {
  /** Starts one; what goes wrong shows in `ready`. */
  start(place: StandbyPlace<B>): T;
  /** Whether what was started for one build stands by just as well for the next one. Default: it never does. */
  suits?(started: B, build: B): boolean;
  /** Memory that one of them takes. */
  bytesEach: number;
  /** Bytes that programs could still use. */
  freeMemory(): number;
  clock: Clock;
  /** Whether a failed start says nothing of its build: then it is tried again, however often it fails. Default: it never does. */
  isOutage?(failure: unknown): boolean;
  /** Called once per build, after several starts in a row have failed: nothing more is started until the next build. */
  onGivenUp(service: string, cause: unknown): void;
  /** Called whenever the number that stand by for a service may have changed. */
  onChange(service: string): void;
}

/**
 * Keeps what was started ahead of time for the newest good build of each service. At most the wanted number runs at a
 * time, fewer when memory is short; what ends by itself is replaced after a delay that grows.
 */
export class StandbyPool<B extends Build, T extends Standby> {
  readonly #world: StandbyPoolWorld<B, T>;
  readonly #services = new Map<string, ServiceStandbys<B, T>>();
  #isClosed = false;

  constructor(world: StandbyPoolWorld<B, T>) {
    this.#world = world;
  }

  /**
   * Keeps a number of them for a build from now on, instead of what is kept for the service so far.
   * @param service name of its definition
   * @param build the newest good one, always given as the same object
   * @param awaitsRenewal whether nothing starts, and what does not suit the build is left but not taken, until {@link renew}
   */
  keep(service: string, build: B, count: number, awaitsRenewal = false): void {
    if (this.#isClosed || (count === 0 && !this.#services.has(service))) return;
    const standbys = this.#services.get(service) ?? new ServiceStandbys(service, this.#world);
    this.#services.set(service, standbys);
    standbys.keep(build, count, awaitsRenewal);
  }

  /** Replaces what still stands by for a service from earlier builds. */
  renew(service: string): void {
    if (!this.#isClosed) this.#services.get(service)?.renew();
  }

  /**
   * Takes one out, which is the caller's from now on.
   * @param build which it has to be for; only the newest good build has any
   * @param served settles when the start of what it becomes is over: only then is its place filled, so that the two do not
   *   compete for the processor
   * @param fits whether one can become what is asked for; default: any can
   * @returns undefined when there is none
   */
  take(build: B, served: Promise<unknown>, fits: (standby: T) => boolean = () => true): T | undefined {
    if (this.#isClosed) return undefined;
    const standbys = [...this.#services.values()].find((each) => each.build === build);
    return standbys?.take(served, fits);
  }

  /** How many stand by for a service, and how many are meant to. */
  count(service: string): Prepared {
    const { standing = 0, wanted = 0 } = this.#services.get(service) ?? {};
    return { standing, wanted };
  }

  /** Ends all, and keeps none from now on. Resolves when nothing of them runs. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#services.values()].map((standbys) => standbys.end()));
  }

  /** Kills all that runs; synchronous, for the moment before the program itself ends. */
  killAll(): void {
    this.#isClosed = true;
    for (const standbys of this.#services.values()) for (const standby of standbys.all) standby.killNow();
  }
}
