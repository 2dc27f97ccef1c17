import type { OutputSource } from '../../contract/dev-endpoints.js';
import { lastTellingLines } from '../telling-lines.js';

type TakeOutput = (source: OutputSource, chunk: Buffer) => void;

/** How many bytes of a waiting backend's output are kept. */
const MAX_HELD_BYTES = 256 * 1024;

/** Keeps a backend's output until it is given to a session, which then gets all of it. */
export class HeldOutput {
  #held: { source: OutputSource; chunk: Buffer }[] = [];
  #bytes = 0;
  #isCut = false;
  #take: TakeOutput | undefined;

  /** Adds output. If there is too much, the oldest is dropped. */
  add(source: OutputSource, chunk: Buffer): void {
    if (this.#take !== undefined) return this.#take(source, chunk);
    this.#held.push({ source, chunk });
    this.#bytes += chunk.length;
    while (this.#bytes > MAX_HELD_BYTES && this.#held.length > 1) {
      this.#bytes -= this.#held.shift()?.chunk.length ?? 0;
      this.#isCut = true;
    }
  }

  /** Returns the last meaningful lines, newest last, for a message about the backend's end. */
  lastLines(count: number): string[] {
    const text = Buffer.concat(this.#held.map(({ chunk }) => chunk)).toString();
    return lastTellingLines(text, count);
  }

  /** Passes on the kept output and all further output. @returns whether some of it was dropped */
  passTo(take: TakeOutput): boolean {
    this.#take = take;
    for (const { source, chunk } of this.#held.splice(0)) take(source, chunk);
    return this.#isCut;
  }
}
