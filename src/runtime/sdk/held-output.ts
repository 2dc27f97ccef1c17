import type { OutputSource } from '../../contract/dev-endpoints.js';
import { lastTellingLines } from '../telling-lines.js';

type TakeOutput = (source: OutputSource, chunk: Buffer) => void;

/** What is kept of the output of a backend that waits; bytes. */
const MAX_HELD_BYTES = 256 * 1024;

/** Keeps what a backend prints before it is given to a session, and hands all over then. */
export class HeldOutput {
  #held: { source: OutputSource; chunk: Buffer }[] = [];
  #bytes = 0;
  #isCut = false;
  #take: TakeOutput | undefined;

  /** Takes what it prints. The oldest goes when it is too much. */
  add(source: OutputSource, chunk: Buffer): void {
    if (this.#take !== undefined) return this.#take(source, chunk);
    this.#held.push({ source, chunk });
    this.#bytes += chunk.length;
    while (this.#bytes > MAX_HELD_BYTES && this.#held.length > 1) {
      this.#bytes -= this.#held.shift()?.chunk.length ?? 0;
      this.#isCut = true;
    }
  }

  /** The last lines that say something, the newest last; for a message about its end. */
  lastLines(count: number): string[] {
    const text = Buffer.concat(this.#held.map(({ chunk }) => chunk)).toString();
    return lastTellingLines(text, count);
  }

  /** Hands over what it printed so far, and all that it prints from now on. @returns whether some of it is lost */
  passTo(take: TakeOutput): boolean {
    this.#take = take;
    for (const { source, chunk } of this.#held.splice(0)) take(source, chunk);
    return this.#isCut;
  }
}
