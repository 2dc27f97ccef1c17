import type { Clock } from '../os/clock.js';
import { ignoreError } from '../os/debug/debug-log.js';
import type { RuntimeBackend } from '../runtime/runtime.js';
import { describeStrangeAnswer, isConclusive, type StrangeAnswer } from '../runtime/strange-answer.js';

/** When to examine from outside why a process does not answer yet, in milliseconds after its start. */
const LOOK_AFTER_MS = [1_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 240_000];

/**
 * Finds out why a backend's process does not answer, from unexpected answers and from samples taken outside the
 * process.
 */
export class Silence {
  readonly #clock: Clock;
  readonly #onReason: (reason: string | undefined) => void;
  #process: RuntimeBackend | undefined;
  /** The last unexpected answer. */
  #answer: StrangeAnswer | undefined;
  #looking: Promise<string | undefined> | undefined;
  #reason: string | undefined;
  #hasAnswered = false;
  #cancelLook: () => void = () => undefined;

  /** @param onReason receives the reason when it becomes known or changes; undefined if it no longer applies */
  constructor(clock: Clock, onReason: (reason: string | undefined) => void) {
    this.#clock = clock;
    this.#onReason = onReason;
  }

  /** Why the process does not answer, in one or two sentences; undefined if nothing is known, or if it answers. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Starts observing a process that was just started. */
  begin(process: RuntimeBackend): void {
    this.end();
    this.#process = process;
    this.#hasAnswered = false;
    this.#lookLater(0);
  }

  /** Notes that the process answers over HTTP. If it also speaks TLS, that is still reported. */
  answered(): void {
    this.#cancelLook();
    this.#hasAnswered = true;
    this.#know(undefined);
  }

  /** Notes that the process has ended. */
  end(): void {
    this.#cancelLook();
    this.#process = undefined;
    this.#answer = undefined;
    this.#know(undefined);
  }

  /** Records an answer that is not HTTP. */
  hear(answer: StrangeAnswer): void {
    if (this.#answer !== undefined && isConclusive(this.#answer) && !isConclusive(answer)) return;
    this.#answer = answer;
    if (!isConclusive(answer)) return;
    if (this.#hasAnswered) this.#onReason(describeStrangeAnswer(answer));
    else this.#know(describeStrangeAnswer(answer));
  }

  /**
   * Examines the process now, even if it has answered before. Shares one sample with concurrent callers, since taking
   * it is slow.
   * @returns the reason, or undefined if none is found
   */
  look(): Promise<string | undefined> {
    const process = this.#process;
    if (process === undefined) return Promise.resolve(undefined);
    this.#looking ??= this.#find(process).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #find(process: RuntimeBackend): Promise<string | undefined> {
    const answer = this.#hasAnswered ? undefined : this.#answer;
    const known = this.#conclusion();
    if (known !== undefined) return known;
    // A failed sample is ignored; another one follows.
    const reason = await process
      .explainNotReady(answer)
      .catch(ignoreError('platform', 'finding out why a backend does not answer'));
    if (process !== this.#process || this.#hasAnswered) return reason;
    // An answer that arrived in the meantime says more than a sample from outside.
    this.#know(this.#conclusion() ?? reason);
    return this.#reason;
  }

  /**
   * Returns the reason that follows from the unexpected answer alone; undefined if it is inconclusive, or if the
   * process answers over HTTP.
   */
  #conclusion(): string | undefined {
    if (this.#hasAnswered || this.#answer === undefined || !isConclusive(this.#answer)) return undefined;
    return describeStrangeAnswer(this.#answer);
  }

  #lookLater(step: number): void {
    const delay = LOOK_AFTER_MS[step];
    if (delay === undefined) return;
    this.#cancelLook = this.#clock.after(delay - (LOOK_AFTER_MS[step - 1] ?? 0), () => {
      this.#lookLater(step + 1);
      void this.look();
    });
  }

  #know(reason: string | undefined): void {
    if (this.#reason === reason) return;
    this.#reason = reason;
    this.#onReason(reason);
  }
}
