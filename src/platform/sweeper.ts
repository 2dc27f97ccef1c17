import type { Clock } from '../os/clock.js';
import { PlainHold } from './plain-hold.js';

const DEFAULT_MAX_IDLE_SECONDS = 300;

/** After how long a backend is swept. */
export interface SweepLimits {
  /** Without a connection; {@link DEFAULT_MAX_IDLE_SECONDS} if undefined. */
  maxIdleSeconds?: number | undefined;
  /** From its spawn on, whether connected or not. */
  lifetimeLimitSeconds?: number | undefined;
}

/** Receives what becomes of the limits. */
export interface SweepListener {
  /** The backend is to be swept. @param why in words */
  due(why: string): void;
  /** Plane would have swept it, as only plain requests have held it for that long; called at most once. */
  heldByRequests(idleSeconds: number): void;
}

/**
 * Reports when a backend is to be swept: no client was connected for some time, or its lifetime is over. The platform has
 * one reason for both, so the listener gets words that say which.
 */
export class Sweeper {
  readonly #clock: Clock;
  readonly #idleSeconds: number;
  readonly #onDue: (why: string) => void;
  readonly #plainHold: PlainHold;
  readonly #cancelLifetime: () => void = () => undefined;
  #cancelIdle: () => void = () => undefined;
  /** Open connections by their token. */
  readonly #connections = new Map<string, number>();
  #isOver = false;

  /** Begins to count at once. */
  constructor(clock: Clock, { maxIdleSeconds, lifetimeLimitSeconds: limit }: SweepLimits, listener: SweepListener) {
    this.#clock = clock;
    this.#idleSeconds = maxIdleSeconds ?? DEFAULT_MAX_IDLE_SECONDS;
    this.#onDue = (why) => listener.due(why);
    const seconds = this.#idleSeconds;
    this.#plainHold = new PlainHold(clock, seconds, () => listener.heldByRequests(seconds));
    this.#startIdle();
    if (limit !== undefined) {
      this.#cancelLifetime = clock.after(limit * 1000, () =>
        this.#onDue(`its lifetime limit of ${limit} s was reached`),
      );
    }
  }

  /** Open connections. */
  get connections(): number {
    let sum = 0;
    for (const count of this.#connections.values()) sum += count;
    return sum;
  }

  /** Open connections through a token. */
  connectionsBy(token: string): number {
    return this.#connections.get(token) ?? 0;
  }

  /** Counts an open connection through a token. @returns to be called once, when it is closed */
  connectionOpened(token: string, isUpgrade: boolean): () => void {
    const closePlain = this.#plainHold.opened(isUpgrade);
    this.#connections.set(token, this.connectionsBy(token) + 1);
    this.#cancelIdle();
    return () => {
      closePlain();
      const left = this.connectionsBy(token) - 1;
      if (left > 0) this.#connections.set(token, left);
      else this.#connections.delete(token);
      if (this.#connections.size === 0) this.#startIdle();
    };
  }

  /** Sweeps nothing from here on. */
  close(): void {
    this.#isOver = true;
    this.#plainHold.close();
    this.#cancelIdle();
    this.#cancelLifetime();
  }

  #startIdle(): void {
    if (this.#isOver) return;
    const seconds = this.#idleSeconds;
    this.#cancelIdle = this.#clock.after(seconds * 1000, () => this.#onDue(`no client was connected for ${seconds} s`));
  }
}
