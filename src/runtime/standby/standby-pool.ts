import type { Clock } from '../../os/clock.js';
import type { Build, Prepared } from '../runtime.js';
import { ServiceStandbys } from './service-standbys.js';
import type { Standby, StandbyPlace } from './standby.js';

/** The dependencies of a pool. */
export interface StandbyPoolWorld<B extends Build, T extends Standby> {
  /** Starts a standby. Failures are reported by `ready`. */
  start(place: StandbyPlace<B>): T;
  /** Whether a standby that was started for one build can also be used for the next one. Default: never. */
  suits?(started: B, build: B): boolean;
  /** Memory of one standby in bytes. */
  bytesEach: number;
  /** Returns how many bytes programs can still use. */
  freeMemory(): number;
  clock: Clock;
  /** Whether a failed start says nothing about its build; it is then retried without a limit. Default: never. */
  isOutage?(failure: unknown): boolean;
  /** Called once per build after several failed starts in a row. Nothing more is started until the next build. */
  onGivenUp(service: string, cause: unknown): void;
  /** Called whenever the number of a service's standbys may have changed. */
  onChange(service: string): void;
}

/**
 * Keeps standbys for the newest successful build of each service. At most the wanted number runs at a time, and fewer
 * if memory is short. A standby that ends on its own is replaced after a growing delay.
 */
export class StandbyPool<B extends Build, T extends Standby> {
  readonly #world: StandbyPoolWorld<B, T>;
  readonly #services = new Map<string, ServiceStandbys<B, T>>();
  #isClosed = false;

  constructor(world: StandbyPoolWorld<B, T>) {
    this.#world = world;
  }

  /**
   * Keeps a number of standbys for a build from now on, instead of the previous ones for the service.
   * @param service the name of its definition
   * @param build the newest successful build, always as the same object
   * @param awaitsRenewal whether nothing is started, and unsuitable standbys are kept but not taken, until
   *   {@link renew}
   */
  keep(service: string, build: B, count: number, awaitsRenewal = false): void {
    if (this.#isClosed || (count === 0 && !this.#services.has(service))) return;
    const standbys = this.#services.get(service) ?? new ServiceStandbys(service, this.#world);
    this.#services.set(service, standbys);
    standbys.keep(build, count, awaitsRenewal);
  }

  /** Replaces the remaining standbys of a service's earlier builds. */
  renew(service: string): void {
    if (!this.#isClosed) this.#services.get(service)?.renew();
  }

  /**
   * Takes a standby out of the pool; it belongs to the caller from now on.
   * @param build the build that it has to be for; only the newest successful one has standbys
   * @param served settles when the start of its backend is over. Only then is its slot filled again, so that the two
   *   starts do not compete for the CPU.
   * @param fits whether a standby can become the requested backend; default: any can
   * @returns undefined if there is none
   */
  take(build: B, served: Promise<unknown>, fits: (standby: T) => boolean = () => true): T | undefined {
    if (this.#isClosed) return undefined;
    const standbys = [...this.#services.values()].find((each) => each.build === build);
    return standbys?.take(served, fits);
  }

  /** Returns how many standbys of a service are ready and wanted. */
  count(service: string): Prepared {
    const { standing = 0, wanted = 0 } = this.#services.get(service) ?? {};
    return { standing, wanted };
  }

  /** Ends all standbys, and keeps none from now on. Resolves when nothing of them runs. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#services.values()].map((standbys) => standbys.end()));
  }

  /** Kills all standbys. Synchronous, for use right before the process exits. */
  killAll(): void {
    this.#isClosed = true;
    for (const standbys of this.#services.values()) for (const standby of standbys.all) standby.killNow();
  }
}
