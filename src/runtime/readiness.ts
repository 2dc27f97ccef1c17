import { pause } from '../os/clock.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { type HeadResult, sendHead } from './head-request.js';
import type { Address } from './runtime.js';
import type { StrangeAnswer } from './strange-answer.js';
import { speaksTls } from './tls-probe.js';

const SHORTEST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 200;
/** The pause grows with the time waited, so that a slow start costs little and a fast one is noticed at once. */
const PAUSE_PER_WAITED = 0.04;
/** The same for TLS checks: Docker closes connections to containers that are still starting. */
const TLS_PAUSE_PER_WAITED = 0.5;
/** Limits of the pause between checks for a listener, which are cheap enough to be frequent. */
const LONGEST_LOOK_PAUSE_MS = 20;
const LOOK_PAUSE_PER_WAITED = 0.01;
/**
 * A check may miss a listener that a request can reach, such as in another network namespace, so requests are sent at
 * this interval in any case.
 */
const UNSEEN_REQUEST_PAUSE_MS = 1_000;

/**
 * Sends `HEAD /` until any HTTP answer arrives, with any status (platform contract, "Lifecycle").
 * @param addresses all are tried; the first to answer wins
 * @param onStrange receives unexpected answers; also after the end, if the server speaks TLS
 * @param mayAnswer see {@link RuntimeBackend.mayAnswer}
 * @returns the address that answered
 * @throws the signal's reason when it aborts
 */
export async function waitUntilReady(
  addresses: readonly Address[],
  signal: AbortSignal,
  onStrange: (answer: StrangeAnswer) => void = () => undefined,
  mayAnswer: () => boolean = () => true,
): Promise<Address> {
  const settled = new AbortController();
  const either = AbortSignal.any([signal, settled.signal]);
  const asked = addresses.map(
    (address) => new Questioner(address, { over: either, ended: signal }, { onStrange, mayAnswer }),
  );
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
  /** Aborts when another address has answered, or the wait was given up. */
  over: AbortSignal;
  /** Aborts when the backend is ending. */
  ended: AbortSignal;
}

interface QuestionOptions {
  onStrange: (answer: StrangeAnswer) => void;
  mayAnswer: () => boolean;
}

/** Repeats requests to one address. */
class Questioner {
  readonly #address: Address;
  readonly #signals: QuestionSignals;
  readonly #options: QuestionOptions;
  readonly #startedAt = performance.now();
  #nextTlsLookMs = 0;
  #nextUnseenRequestMs = UNSEEN_REQUEST_PAUSE_MS;

  constructor(address: Address, signals: QuestionSignals, options: QuestionOptions) {
    this.#address = address;
    this.#signals = signals;
    this.#options = options;
  }

  async askUntilAnswered(): Promise<Address> {
    const { over } = this.#signals;
    while (!over.aborted) {
      await this.#untilWorthARequest();
      if (over.aborted) break;
      const result = await sendHead(this.#address, over);
      if (over.aborted) break;
      this.#report(result);
      if (result.isHttp) return this.#address;
      await this.#pause(PAUSE_PER_WAITED, LONGEST_PAUSE_MS);
    }
    throw over.reason;
  }

  async #untilWorthARequest(): Promise<void> {
    const { over } = this.#signals;
    while (!over.aborted && !this.#options.mayAnswer() && this.#waitedMs < this.#nextUnseenRequestMs) {
      await this.#pause(LOOK_PAUSE_PER_WAITED, LONGEST_LOOK_PAUSE_MS);
    }
    this.#nextUnseenRequestMs = this.#waitedMs + UNSEEN_REQUEST_PAUSE_MS;
  }

  #pause(perWaited: number, longestMs: number): Promise<void> {
    return pause(Math.min(longestMs, Math.max(SHORTEST_PAUSE_MS, this.#waitedMs * perWaited)), this.#signals.over);
  }

  get #waitedMs(): number {
    return performance.now() - this.#startedAt;
  }

  #report({ strange, mayBeTls }: HeadResult): void {
    if (strange !== undefined) this.#options.onStrange(strange);
    if (!mayBeTls || this.#waitedMs < this.#nextTlsLookMs) return;
    this.#nextTlsLookMs = this.#waitedMs * (1 + TLS_PAUSE_PER_WAITED) + LONGEST_PAUSE_MS;
    void speaksTls(this.#address, this.#signals.ended).then((isTls) => {
      if (isTls && !this.#signals.ended.aborted) this.#options.onStrange({ kind: 'tls' });
    });
  }
}
