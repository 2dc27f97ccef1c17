import { type FileHandle, open } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isShortage } from '../os/error-code.js';
import { READ_FLAGS } from '../records/own-file.js';
import { LineSplitter, MAX_LINE_BYTES } from './line-splitter.js';
import { decodeRecord, type LogRecord } from './log-format.js';
import { listSegments, segmentPath } from './segments.js';

const READ_BYTES = 16 * 1024;
/** How much is decoded in one turn of the event loop. The decoded lines are often sent in the same turn. */
const SLICE_BYTES = 4 * 1024;
/** A line on disk is longer than the printed one: it begins with a time, and may end with a note that it was cut. */
const MAX_RECORD_BYTES = MAX_LINE_BYTES + 1024;

/**
 * Reads a log from its files, beginning with the oldest line kept, even while it is being written. The reader pulls, so that
 * a slow one holds only one chunk in memory.
 */
export class LogReader {
  readonly #folder: string;
  #segment = 0;
  #file: FileHandle | undefined;
  #splitter = newSplitter();
  /** Bytes that are read but not decoded yet. */
  #undecoded = Buffer.alloc(0);
  #ready: LogRecord[] = [];
  #next = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @returns the next line; undefined if there is none yet */
  async read(): Promise<LogRecord | undefined> {
    while (this.#next >= this.#ready.length) {
      if (!(await this.#fill())) return undefined;
    }
    return this.#ready[this.#next++];
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #fill(): Promise<boolean> {
    if (this.#undecoded.length > 0) await nextTurn();
    else if (!(await this.#readMore())) return false;
    const slice = this.#undecoded.subarray(0, SLICE_BYTES);
    this.#undecoded = this.#undecoded.subarray(slice.length);
    this.#ready = this.#splitter.push(slice).flatMap((line) => decodeRecord(line) ?? []);
    this.#next = 0;
    return true;
  }

  /** @returns whether there was more */
  async #readMore(): Promise<boolean> {
    for (;;) {
      // Checked before reading: once a later segment exists, this one gets no more lines.
      const later = listSegments(this.#folder).find((number) => number > this.#segment);
      if (this.#file !== undefined) {
        const buffer = Buffer.allocUnsafe(READ_BYTES);
        const { bytesRead } = await this.#file.read(buffer, 0, READ_BYTES);
        if (bytesRead > 0) {
          this.#undecoded = buffer.subarray(0, bytesRead);
          return true;
        }
      }
      if (later === undefined) return false;
      await this.close();
      this.#segment = later;
      this.#splitter = newSplitter();
      try {
        this.#file = await open(segmentPath(this.#folder, later), READ_FLAGS);
      } catch (error) {
        // The segment was rotated away after it was listed. Continue with the next one.
        if (isShortage(error)) throw error;
      }
    }
  }
}

/** Creates a splitter that keeps `\r`: the writer has already removed the one that was part of a line ending. */
function newSplitter(): LineSplitter {
  return new LineSplitter(MAX_RECORD_BYTES, true);
}
