import { closeSync, existsSync, mkdirSync, openSync, rm, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { OutputSource } from '../contract/dev-endpoints.js';
import { type Clock, systemClock } from '../os/clock.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { APPEND_FLAGS, writeOwnFile } from '../records/own-file.js';
import { lastPart } from './line-splitter.js';
import { LineStream } from './line-stream.js';
import { type LogRecord, RecordEncoder, type RecordKind } from './log-format.js';
import { MAX_SEGMENTS, SEGMENT_BYTES, segmentPath } from './segments.js';

/** Whose log it is; kept next to it, for later readers. */
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

/** Receives what happens to a log. */
export interface LogListener {
  /** Lines were written; with no lines, the log has ended. */
  onLines(source: LogRecord['source'], lines: readonly Buffer[]): void;
  /** A line that is not finished after a moment, or has changed since. Lines of the same source replace it. */
  onUnfinished(source: OutputSource, text: string): void;
  /**
   * With an error: a write has failed, and lines are missing on disk but still passed on; with undefined: the next one has
   * succeeded.
   */
  onDisk(error: Error | undefined): void;
}

const OWNER_FILE = 'owner.json';
/** How many last lines are at hand without reading the disk. */
const LAST_LINES = 20;
const LAST_LINE_BYTES = 2_000;

/** What one process of a backend, with all that it started, has printed so far. */
export interface PrintedByProcess {
  /** When its start began; milliseconds since 1970. Nothing of an earlier process ran anymore. */
  sinceMs: number;
  bytes: number;
}

/**
 * The log of one running backend. Lines are on disk when `write` returns: it blocks for the few microseconds that
 * takes, and so neither a fast printer grows the memory nor a crash of the dev server loses what was printed before.
 */
export class BackendLog {
  readonly owner: LogOwner;
  readonly folder: string;
  readonly #streams: Record<OutputSource, LineStream>;
  readonly #listener: LogListener;
  readonly #encoder: RecordEncoder;
  #last: Buffer[] = [];
  readonly #clock: Clock;
  #process: PrintedByProcess | undefined;
  #lastRemark: string | undefined;
  #file: number | undefined;
  #segment = 0;
  #segmentBytes = 0;
  #tornLine = false;
  /** Its folder exists, with the note that says which backend's log it is. */
  #prepared = false;
  #failing = false;
  #ended = false;

  /** @param encoder may be shared by many logs */
  constructor(
    folder: string,
    owner: LogOwner,
    listener: LogListener,
    encoder = new RecordEncoder(),
    clock: Clock = systemClock,
  ) {
    this.#clock = clock;
    this.folder = folder;
    this.owner = owner;
    this.#listener = listener;
    this.#encoder = encoder;
    const stream = (source: OutputSource) => new LineStream(clock, (text) => listener.onUnfinished(source, text));
    this.#streams = { stdout: stream('stdout'), stderr: stream('stderr') };
    this.#try(() => this.#prepare());
  }

  /** Whether no more lines will come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The last lines, oldest first, at most 20, cut to 2,000 bytes each; those that are not finished last. */
  get lastLines(): string[] {
    const unfinished = [this.#streams.stdout.unfinished, this.#streams.stderr.unfinished].filter((text) => text !== '');
    return [...this.#last.map((line) => line.toString('utf8')), ...unfinished].slice(-LAST_LINES);
  }

  /** The unfinished line as last reported; '' when there is none. */
  unfinished(source: OutputSource): string {
    return this.#streams[source].told;
  }

  /** The newest remark of the dev server's. */
  get lastRemark(): string | undefined {
    return this.#lastRemark;
  }

  /** What the backend's newest process has printed; undefined before the first one. */
  get printed(): Readonly<PrintedByProcess> | undefined {
    return this.#process;
  }

  /** Notes that a process of the backend is started. @returns takes each chunk of its output as it was read */
  beginProcess(): (source: OutputSource, chunk: Buffer) => void {
    const printed: PrintedByProcess = { sinceMs: this.#clock.now().getTime(), bytes: 0 };
    this.#process = printed;
    return (source, chunk) => {
      printed.bytes += chunk.length;
      this.write(source, chunk);
    };
  }

  /** Takes a chunk of output as it was read. */
  write(source: OutputSource, chunk: Buffer): void {
    this.#append(source, this.#streams[source].push(chunk));
  }

  /** Adds a remark of the dev server's, of one or several lines. */
  remark(text: string): void {
    this.#lastRemark = text;
    this.#append('jamdev', toLines(text));
  }

  /** Makes its folder again if someone deleted it; what was written before is gone. */
  restore(): void {
    if (existsSync(join(this.folder, OWNER_FILE))) return;
    this.#close();
    this.#try(() => this.#prepare());
  }

  /**
   * Writes what is left of unfinished lines and closes the file.
   * @param how how the backend ended, in words; its last record. Default: none
   * @param cause what caused it, if known; a sentence. It counts as a remark.
   */
  end(how?: string, cause?: string): void {
    for (const source of ['stdout', 'stderr'] as const) {
      const rest = this.#streams[source].end();
      if (rest !== undefined) this.#append(source, [rest]);
    }
    if (cause !== undefined) this.#lastRemark = cause;
    if (how !== undefined) this.#append('end', toLines(cause === undefined ? how : `${how}. ${cause}`));
    this.#ended = true;
    this.#close();
    this.#listener.onLines('jamdev', []);
  }

  #append(kind: RecordKind, lines: readonly Buffer[]): void {
    if (lines.length === 0) return;
    const source = kind === 'end' ? 'jamdev' : kind;
    if (source !== 'jamdev') {
      const newest = lines.slice(-LAST_LINES).map((line) => Buffer.from(lastPart(line).subarray(0, LAST_LINE_BYTES)));
      this.#last = [...this.#last, ...newest].slice(-LAST_LINES);
    }
    const written = this.#try(() => this.#writeOut(this.#encoder.encode(Date.now(), kind, lines)));
    if (!written) this.#tornLine = true;
    this.#listener.onLines(source, lines);
  }

  /** Reports the first failure, and the first success after it. @returns whether it succeeded */
  #try(work: () => void): boolean {
    try {
      work();
    } catch (error) {
      if (!this.#failing) this.#listener.onDisk(error as Error);
      this.#failing = true;
      // Its folder may have been removed.
      this.#prepared = false;
      return false;
    }
    if (this.#failing) this.#listener.onDisk(undefined);
    this.#failing = false;
    return true;
  }

  #prepare(): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    // A loss of power may take the newest logs. Waiting for the disk took 12 of the 25 ms of a connect to a warm pool.
    writeOwnFile(join(this.folder, OWNER_FILE), `${JSON.stringify(this.owner)}\n`, false);
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
    if (oldest > 0) this.#remove(oldest);
  }

  /** Without waiting: to free 8 MiB takes a disk up to 20 ms, in which no request would have its turn. */
  #remove(segment: number): void {
    rm(segmentPath(this.folder, segment), { force: true }, (error) => {
      if (error !== null) noteHandled('logs', 'removing the oldest part of a log', error);
    });
  }

  #close(): void {
    const file = this.#file;
    this.#file = undefined;
    // Some file systems report only now that the data did not fit.
    if (file !== undefined) this.#try(() => closeSync(file));
  }
}

function toLines(text: string): Buffer[] {
  return text.split('\n').map((line) => Buffer.from(line));
}
