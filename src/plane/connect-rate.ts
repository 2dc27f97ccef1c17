import { clusterErrors } from '../contract/errors/cluster-errors.js';
import type { Clock } from '../os/clock.js';

/** Limits how often each account connects through this process, both per second and in a burst. */
export class ConnectRate {
  readonly #perSecond: number | undefined;
  readonly #clock: Clock;
  readonly #byAccount = new Map<string, { left: number; atMs: number }>();

  /** @param perSecond undefined for no limit */
  constructor(perSecond: number | undefined, clock: Clock) {
    this.#perSecond = perSecond;
    this.#clock = clock;
  }

  /** Counts a connect. @throws JamdevError `LimitReached` */
  take(account: string): void {
    const perSecond = this.#perSecond;
    if (perSecond === undefined) return;
    const atMs = this.#clock.monotonicMs();
    const before = this.#byAccount.get(account) ?? { left: perSecond, atMs };
    const left = Math.min(perSecond, before.left + ((atMs - before.atMs) / 1000) * perSecond);
    if (left < 1) throw clusterErrors.connectLimit(account, perSecond);
    this.#byAccount.set(account, { left: left - 1, atMs });
  }
}
