import type { Clock } from '../os/clock.js';
import { PlainHold } from './plain-hold.js';

const DEFAULT_MAX_IDLE_SECONDS = 300;

/** The time limits after which a backend is swept. */
export interface SweepLimits {
  /** The limit without a connection; {@link DEFAULT_MAX_IDLE_SECONDS} if undefined. */
  maxIdleSeconds?: number | undefined;
  /** The limit since the spawn, regardless of connections. */
  lifetimeLimitSeconds?: number | undefined;
}

/** Receives the events of a sweeper. */
export interface SweepListener {
  /** The backend is due to be swept. @param why the reason in words */
  due(why: string): void;
  /** Plane would have swept the backend, which only plain requests have kept alive. Called at most once. */
  heldByRequests(idleSeconds: number): void;
}

/**
 * Reports when a backend is due to be swept: no client was connected for some time, or its lifetime is over. The
 * platform has the same reason for both, so the listener gets the difference in words.
 */
export class Sweeper {
  readonly #clock: Clock;
  readonly #idleSeconds: number;
  readonly #onDue: (why: string) => void;
  readonly #plainHold: PlainHold;
  readonly #cancelLifetime: () => void = () => undefined;
  #cancelIdle: () => void = () => undefined;
  /** The number of open connections by token. */
  readonly #connections = new Map<string, number>();
  #isOver = false;

  /** Starts counting at once. */
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

  /** The number of open connections. */
  get connections(): number {
    let sum = 0;
    for (const count of this.#connections.values()) sum += count;
    return sum;
  }

  /** Counts the open connections through a token. */
  connectionsBy(token: string): number {
    return this.#connections.get(token) ?? 0;
  }

  /** Counts an open connection through a token. @returns a function to call once when the connection is closed */
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

  /** Stops sweeping. */
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
