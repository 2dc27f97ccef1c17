import { accessErrors } from '../contract/errors/access-errors.js';
import type { Clock } from '../os/clock.js';

/**
 * Limit for wrong tokens from one address within {@link WINDOW_MS}. Tokens have 256 random bits, so this limits load
 * and log noise rather than guessing.
 */
const MAX_FAILURES = 20;
const WINDOW_MS = 60_000;
/** Limit for remembered addresses. Beyond it, the oldest one is forgotten. */
const MAX_ADDRESSES = 10_000;

/** Counts wrong API tokens per address. */
export class FailedAttempts {
  readonly #clock: Clock;
  readonly #byAddress = new Map<string, { count: number; sinceMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws JamdevError `TooManyAttempts` if the address has sent too many */
  check(address: string): void {
    const found = this.#byAddress.get(address);
    if (found === undefined || found.count < MAX_FAILURES) return;
    const leftMs = found.sinceMs + WINDOW_MS - this.#clock.monotonicMs();
    if (leftMs > 0) throw accessErrors.tooManyAttempts(Math.ceil(leftMs / 1000));
    this.#byAddress.delete(address);
  }

  add(address: string): void {
    const nowMs = this.#clock.monotonicMs();
    const found = this.#byAddress.get(address);
    if (found !== undefined && nowMs - found.sinceMs < WINDOW_MS) {
      found.count += 1;
      return;
    }
    this.#byAddress.delete(address);
    this.#byAddress.set(address, { count: 1, sinceMs: nowMs });
    const [oldest] = this.#byAddress.keys();
    if (this.#byAddress.size > MAX_ADDRESSES && oldest !== undefined) this.#byAddress.delete(oldest);
  }
}
