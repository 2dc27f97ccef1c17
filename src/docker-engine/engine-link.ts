import { EventEmitter } from 'node:events';
import type { Clock } from '../os/clock.js';
import { noteHandled } from '../os/debug/debug-log.js';

/** How often a remote engine is checked, while it answers and while it is lost. */
const PING_PAUSE_MS = 5_000;
const RETRY_PAUSE_MS = 1_000;
/** An engine that has not answered for this long counts as lost. */
const ANSWER_TIMEOUT_MS = 10_000;
/**
 * Longer than a ping can take. If more time has passed, this machine slept, and connections may have ended silently.
 */
const SLEEP_MS = 2 * (PING_PAUSE_MS + ANSWER_TIMEOUT_MS);

interface EngineLinkEvents {
  /** The engine does not answer anymore, for the given reason. */
  lost: [reason: string];
  /** The engine answers again, this many milliseconds after it was lost. */
  restored: [afterMs: number];
}

/**
 * Watches whether an engine on another machine answers. When a network is cut, connections do not end, and reads on
 * them would wait forever. When the engine is lost, all requests and streams to it are ended; they are opened again
 * once it answers.
 */
export class EngineLink {
  readonly events = new EventEmitter<EngineLinkEvents>().setMaxListeners(0);
  readonly #ping: (signal: AbortSignal) => Promise<unknown>;
  readonly #clock: Clock;
  readonly #closed = new AbortController();
  #connection = new AbortController();
  #interruptions = 0;
  #lostAtMs: number | undefined;
  #askedAtMs = 0;
  #cancelPing: () => void = () => undefined;

  /** @param ping resolves when the engine has answered */
  constructor(ping: (signal: AbortSignal) => Promise<unknown>, clock: Clock) {
    this.#ping = ping;
    this.#clock = clock;
  }

  /** Aborts when the engine is lost, and stays aborted until it answers again. */
  get signal(): AbortSignal {
    return this.#connection.signal;
  }

  get isLost(): boolean {
    return this.#lostAtMs !== undefined;
  }

  /** How often streams have been interrupted, or may have been. Counted before the event is reported. */
  get interruptions(): number {
    return this.#interruptions;
  }

  /** Starts checking the engine, until the link is closed. */
  open(): void {
    this.#askedAtMs = this.#nowMs;
    this.#askLater();
  }

  close(): void {
    this.#cancelPing();
    this.#closed.abort();
  }

  /** Ends all requests and streams, because their connections are or may be dead. */
  interrupt(): void {
    this.#interruptions += 1;
    const ended = this.#connection;
    if (!this.isLost) this.#connection = new AbortController();
    ended.abort(new Error('the connection was interrupted'));
  }

  get #nowMs(): number {
    return this.#clock.now().getTime();
  }

  #askLater(): void {
    this.#cancelPing = this.#clock.after(this.isLost ? RETRY_PAUSE_MS : PING_PAUSE_MS, () => void this.#ask());
  }

  async #ask(): Promise<void> {
    const problem = await this.#findProblem();
    if (this.#closed.signal.aborted) return;
    if (problem !== undefined) this.#lose(problem);
    else if (this.isLost) this.#restore();
    else if (this.#nowMs - this.#askedAtMs > SLEEP_MS) this.interrupt();
    this.#askedAtMs = this.#nowMs;
    this.#askLater();
  }

  /** @returns why the engine does not answer, or undefined if it does */
  async #findProblem(): Promise<string | undefined> {
    const deadline = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    try {
      await this.#ping(AbortSignal.any([deadline, this.#closed.signal]));
      return undefined;
    } catch (error) {
      noteHandled('docker', 'asking whether the engine answers', error);
      return deadline.aborted ? `no answer within ${ANSWER_TIMEOUT_MS / 1000} s` : (error as Error).message;
    }
  }

  #lose(reason: string): void {
    if (this.isLost) return;
    this.#lostAtMs = this.#nowMs;
    this.interrupt();
    this.events.emit('lost', reason);
  }

  #restore(): void {
    const afterMs = this.#nowMs - (this.#lostAtMs ?? this.#nowMs);
    this.#lostAtMs = undefined;
    this.#connection = new AbortController();
    this.events.emit('restored', afterMs);
  }
}
