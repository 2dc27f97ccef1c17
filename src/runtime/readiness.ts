import { pause } from '../os/clock.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { type HeadResult, sendHead } from './head-request.js';
import type { Address } from './runtime.js';
import type { StrangeAnswer } from './strange-answer.js';
import { speaksTls } from './tls-probe.js';

const SHORTEST_PAUSE_MS = 3;
const LONGEST_PAUSE_MS = 200;
/** The pause grows with the wait, so that a slow start costs little and a fast one is seen at once. */
const PAUSE_PER_WAITED = 0.04;
/** The same for looks whether it is TLS that is spoken: Docker closes connections to containers that still start. */
const TLS_PAUSE_PER_WAITED = 0.5;

/**
 * Asks `HEAD /` until anything answers in HTTP, whatever the status (platform contract, "Lifecycle").
 * @param addresses all are asked; the first to answer wins
 * @param onStrange receives what comes in place of an answer in HTTP; also after the end, if what answered speaks TLS
 * @returns the address that answered
 * @throws the signal's reason when it aborts
 */
export async function waitUntilReady(
  addresses: readonly Address[],
  signal: AbortSignal,
  onStrange: (answer: StrangeAnswer) => void = () => undefined,
): Promise<Address> {
  const settled = new AbortController();
  const either = AbortSignal.any([signal, settled.signal]);
  const asked = addresses.map((address) => new Questioner(address, { over: either, ended: signal }, onStrange));
  try {
    return await Promise.any(asked.map((questioner) => questioner.askUntilAnswered()));
  } catch (error) {
    noteHandled('processes', 'waiting for the first answer', error);
    throw signal.reason;
  } finally {
    settled.abort();
  }
}

interface QuestionSignals {
  /** Another address has answered, or the wait was given up. */
  over: AbortSignal;
  /** The backend is ending. */
  ended: AbortSignal;
}

/** Repeats requests to one address. */
class Questioner {
  readonly #address: Address;
  readonly #signals: QuestionSignals;
  readonly #onStrange: (answer: StrangeAnswer) => void;
  readonly #startedAt = performance.now();
  #nextTlsLookMs = 0;

  constructor(address: Address, signals: QuestionSignals, onStrange: (answer: StrangeAnswer) => void) {
    this.#address = address;
    this.#signals = signals;
    this.#onStrange = onStrange;
  }

  async askUntilAnswered(): Promise<Address> {
    const { over } = this.#signals;
    while (!over.aborted) {
      const result = await sendHead(this.#address, over);
      if (over.aborted) break;
      this.#report(result);
      if (result.isHttp) return this.#address;
      const waited = this.#waitedMs;
      await pause(Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, waited * PAUSE_PER_WAITED)), over);
    }
    throw over.reason;
  }

  get #waitedMs(): number {
    return performance.now() - this.#startedAt;
  }

  #report({ strange, mayBeTls }: HeadResult): void {
    if (strange !== undefined) this.#onStrange(strange);
    if (!mayBeTls || this.#waitedMs < this.#nextTlsLookMs) return;
    this.#nextTlsLookMs = this.#waitedMs * (1 + TLS_PAUSE_PER_WAITED) + LONGEST_PAUSE_MS;
    void speaksTls(this.#address, this.#signals.ended).then((isTls) => {
      if (isTls && !this.#signals.ended.aborted) this.#onStrange({ kind: 'tls' });
    });
  }
}
