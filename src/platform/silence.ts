import type { Clock } from '../os/clock.js';
import { ignoreError } from '../os/debug/debug-log.js';
import type { RuntimeBackend } from '../runtime/runtime.js';
import { describeStrangeAnswer, isConclusive, type StrangeAnswer } from '../runtime/strange-answer.js';

/** When to look from outside why a process does not answer yet, in milliseconds after it was started. */
const LOOK_AFTER_MS = [1_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 240_000];

/** Finds out why the process of a backend does not answer: by what came back, and by looks from outside. */
export class Silence {
  readonly #clock: Clock;
  readonly #onReason: (reason: string | undefined) => void;
  #process: RuntimeBackend | undefined;
  /** What came back last. */
  #answer: StrangeAnswer | undefined;
  #looking: Promise<string | undefined> | undefined;
  #reason: string | undefined;
  #hasAnswered = false;
  #cancelLook: () => void = () => undefined;

  /** @param onReason receives the reason when it becomes known or changes; undefined: it no longer applies */
  constructor(clock: Clock, onReason: (reason: string | undefined) => void) {
    this.#clock = clock;
    this.#onReason = onReason;
  }

  /** Why it does not answer, in one or two sentences; undefined while nothing is known, and once it answers. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Begins with a process that was just started. */
  begin(process: RuntimeBackend): void {
    this.end();
    this.#process = process;
    this.#hasAnswered = false;
    this.#lookLater(0);
  }

  /** It answers over HTTP now. That it speaks TLS as well is said all the same. */
  answered(): void {
    this.#cancelLook();
    this.#hasAnswered = true;
    this.#know(undefined);
  }

  /** The process has ended. */
  end(): void {
    this.#cancelLook();
    this.#process = undefined;
    this.#answer = undefined;
    this.#know(undefined);
  }

  /** Takes note of what came back in place of an answer in HTTP. */
  hear(answer: StrangeAnswer): void {
    if (this.#answer !== undefined && isConclusive(this.#answer) && !isConclusive(answer)) return;
    this.#answer = answer;
    if (!isConclusive(answer)) return;
    if (this.#hasAnswered) this.#onReason(describeStrangeAnswer(answer));
    else this.#know(describeStrangeAnswer(answer));
  }

  /**
   * Looks now, also at a process that answered before. Callers at the same time share a look, as it takes a while.
   * @returns the reason; undefined when it can't be seen
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
    // A look that fails shows nothing, and the next one comes.
    const reason = await process
      .explainNotReady(answer)
      .catch(ignoreError('platform', 'finding out why a backend does not answer'));
    if (process !== this.#process || this.#hasAnswered) return reason;
    // What came back during the look says more than what was seen from outside.
    this.#know(this.#conclusion() ?? reason);
    return this.#reason;
  }

  /** What the answer that came back shows by itself; undefined if it shows nothing, or the process answers over HTTP. */
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
