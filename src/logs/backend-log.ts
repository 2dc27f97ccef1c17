import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { OutputSource } from '../contract/dev-endpoints.js';
import { APPEND_FLAGS, writeOwnFile } from '../records/own-file.js';
import { LineSplitter } from './line-splitter.js';
import { encodeRecords, type LogRecord } from './log-format.js';
import { MAX_SEGMENTS, SEGMENT_BYTES, segmentPath } from './segments.js';

/** Whose log it is; kept beside it, for those who read it later. */
export interface LogOwner {
  backendId: string;
  service: string;
  key: string;
  /** Whether the key was asked for, or made up. Left out by earlier versions, which did not tell. */
  keyGiven?: boolean;
  /** The dev server's run. */
  runId: string;
  /** ISO 8601. */
  createdAt: string;
}

/** How many last lines are at hand without reading the disk. */
const LAST_LINES = 20;
const LAST_LINE_BYTES = 2_000;

/**
 * The log of one running backend. Lines are on disk when `write` returns: it blocks for the few microseconds that
 * takes, and so neither a fast printer grows the memory nor a crash of the dev server loses what was printed before.
 */
export class BackendLog {
  readonly owner: LogOwner;
  readonly folder: string;
  readonly #splitters: Record<OutputSource, LineSplitter> = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  readonly #onLines: (source: LogRecord['source'], lines: readonly Buffer[]) => void;
  readonly #onDisk: (error: Error | undefined) => void;
  #last: Buffer[] = [];
  #lastRemark: string | undefined;
  #file: number | undefined;
  #segment = 0;
  #segmentBytes = 0;
  #tornLine = false;
  /** Its folder is there, with the note whose log it is. */
  #prepared = false;
  #failing = false;
  #ended = false;

  /**
   * @param onLines called after lines were written
   * @param onDisk called with the error when a write fails (lines are then missing on disk but still passed on), and
   *   with undefined when the next one succeeds
   */
  constructor(
    folder: string,
    owner: LogOwner,
    onLines: (source: LogRecord['source'], lines: readonly Buffer[]) => void,
    onDisk: (error: Error | undefined) => void,
  ) {
    this.folder = folder;
    this.owner = owner;
    this.#onLines = onLines;
    this.#onDisk = onDisk;
    this.#try(() => this.#prepare());
  }

  /** Whether no more lines will come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The last lines, oldest first, at most 20, cut to 2,000 bytes each. */
  get lastLines(): string[] {
    return this.#last.map((line) => line.toString('utf8'));
  }

  /** The newest remark of the dev server's. */
  get lastRemark(): string | undefined {
    return this.#lastRemark;
  }

  /** Takes a chunk of output as it was read. */
  write(source: OutputSource, chunk: Buffer): void {
    this.#append(source, this.#splitters[source].push(chunk));
  }

  /** Adds a remark of the dev server's, of one or several lines. */
  remark(text: string): void {
    this.#lastRemark = text;
    this.#append(
      'jamdev',
      text.split('\n').map((line) => Buffer.from(line)),
    );
  }

  /** Writes what is left of unfinished lines and closes the file. */
  end(): void {
    for (const source of ['stdout', 'stderr'] as const) {
      const rest = this.#splitters[source].flush();
      if (rest !== undefined) this.#append(source, [rest]);
    }
    this.#ended = true;
    this.#close();
    this.#onLines('jamdev', []);
  }

  #append(source: LogRecord['source'], lines: readonly Buffer[]): void {
    if (lines.length === 0) return;
    if (source !== 'jamdev') {
      const newest = lines.slice(-LAST_LINES).map((line) => Buffer.from(line.subarray(0, LAST_LINE_BYTES)));
      this.#last = [...this.#last, ...newest].slice(-LAST_LINES);
    }
    const written = this.#try(() => this.#writeOut(encodeRecords(Date.now(), source, lines)));
    if (!written) this.#tornLine = true;
    this.#onLines(source, lines);
  }

  /** Tells of the first failure, and of the first success after it. @returns whether it went well */
  #try(work: () => void): boolean {
    try {
      work();
    } catch (error) {
      if (!this.#failing) this.#onDisk(error as Error);
      this.#failing = true;
      // Its folder may have been removed.
      this.#prepared = false;
      return false;
    }
    if (this.#failing) this.#onDisk(undefined);
    this.#failing = false;
    return true;
  }

  #prepare(): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    writeOwnFile(join(this.folder, 'owner.json'), `${JSON.stringify(this.owner)}\n`);
    this.#prepared = true;
  }

  #writeOut(records: Buffer): void {
    if (!this.#prepared) this.#prepare();
    if (this.#file === undefined || this.#segmentBytes > SEGMENT_BYTES) this.#nextSegment();
    const bytes = this.#tornLine ? Buffer.concat([Buffer.from('\n'), records]) : records;
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(this.#file as number, bytes, written);
    }
    this.#tornLine = false;
    this.#segmentBytes += bytes.length;
  }

  #nextSegment(): void {
    // Opened first: where that fails, the next line tries again, and what is there stays.
    const file = openSync(segmentPath(this.folder, this.#segment + 1), APPEND_FLAGS, 0o600);
    this.#close();
    this.#segment += 1;
    this.#segmentBytes = 0;
    this.#file = file;
    const oldest = this.#segment - MAX_SEGMENTS;
    if (oldest > 0) rmSync(segmentPath(this.folder, oldest), { force: true });
  }

  #close(): void {
    const file = this.#file;
    this.#file = undefined;
    // Some file systems tell only now that what was written did not fit.
    if (file !== undefined) this.#try(() => closeSync(file));
  }
}
