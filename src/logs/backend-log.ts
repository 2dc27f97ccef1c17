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

/** The backend that a log belongs to; stored next to the log, for later readers. */
export interface LogOwner {
  backendId: string;
  service: string;
  key: string;
  /** Whether the key was requested or generated. Earlier versions did not record this. */
  keyGiven?: boolean;
  /** Id of the dev server's run. */
  runId: string;
  /** ISO 8601. */
  createdAt: string;
}

/** Receives the events of a log. */
export interface LogListener {
  /** Called with new lines, or with none when the log has ended. */
  onLines(source: LogRecord['source'], lines: readonly Buffer[]): void;
  /**
   * Called when a line is still unfinished after a moment, or has changed since. The next line of the same source replaces
   * it.
   */
  onUnfinished(source: OutputSource, text: string): void;
  /**
   * Called with an error when a write has failed: lines are then missing on disk, but still passed on. Called with undefined
   * when the next write has succeeded.
   */
  onDisk(error: Error | undefined): void;
}

const OWNER_FILE = 'owner.json';
/** How many of the last lines are available without reading the disk. */
const LAST_LINES = 20;
const LAST_LINE_BYTES = 2_000;

/** How much one process of a backend, including all its children, has printed so far. */
export interface PrintedByProcess {
  /** When its start began, in milliseconds since 1970. All earlier processes had exited by then. */
  sinceMs: number;
  bytes: number;
}

/**
 * The log of one running backend. Lines are on disk when `write` returns. Blocking for these few microseconds keeps a fast
 * printer from filling the memory, and a crash of the dev server from losing earlier output.
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
  /** Whether the log's folder exists, with the file that names its backend. */
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

  /** Whether the log is complete: no more lines will be added. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The last lines, oldest first, followed by unfinished ones. At most 20, each cut to 2,000 bytes. */
  get lastLines(): string[] {
    const unfinished = [this.#streams.stdout.unfinished, this.#streams.stderr.unfinished].filter((text) => text !== '');
    return [...this.#last.map((line) => line.toString('utf8')), ...unfinished].slice(-LAST_LINES);
  }

  /** Returns the unfinished line as last reported; '' if there is none. */
  unfinished(source: OutputSource): string {
    return this.#streams[source].told;
  }

  /** The dev server's latest remark. */
  get lastRemark(): string | undefined {
    return this.#lastRemark;
  }

  /** The output of the backend's newest process; undefined before the first one. */
  get printed(): Readonly<PrintedByProcess> | undefined {
    return this.#process;
  }

  /** Registers the start of a process of the backend. @returns a function that takes each chunk of its output */
  beginProcess(): (source: OutputSource, chunk: Buffer) => void {
    const printed: PrintedByProcess = { sinceMs: this.#clock.now().getTime(), bytes: 0 };
    this.#process = printed;
    return (source, chunk) => {
      printed.bytes += chunk.length;
      this.write(source, chunk);
    };
  }

  /** Takes a chunk of output. */
  write(source: OutputSource, chunk: Buffer): void {
    this.#append(source, this.#streams[source].push(chunk));
  }

  /** Adds a remark by the dev server, of one or more lines. */
  remark(text: string): void {
    this.#lastRemark = text;
    this.#append('jamdev', toLines(text));
  }

  /** Creates the log's folder again if someone deleted it. Earlier lines stay lost. */
  restore(): void {
    if (existsSync(join(this.folder, OWNER_FILE))) return;
    this.#close();
    this.#try(() => this.#prepare());
  }

  /**
   * Writes the rest of unfinished lines and closes the file.
   * @param how the last record: how the backend ended, in words. Default: none
   * @param cause the cause, if known, as a sentence. It counts as a remark.
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

  /** Runs a write. Reports the first failure, and the first success after it. @returns whether it succeeded */
  #try(work: () => void): boolean {
    try {
      work();
    } catch (error) {
      if (!this.#failing) this.#listener.onDisk(error as Error);
      this.#failing = true;
      // The folder may have been removed.
      this.#prepared = false;
      return false;
    }
    if (this.#failing) this.#listener.onDisk(undefined);
    this.#failing = false;
    return true;
  }

  #prepare(): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    // Not durable: a power loss may lose the newest logs. Waiting for the disk took 12 of the 25 ms of a connect to a warm
    // pool.
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
    // Open the new file first: if that fails, the existing segments stay and the next line tries again.
    const file = openSync(segmentPath(this.folder, this.#segment + 1), APPEND_FLAGS, 0o600);
    this.#close();
    this.#segment += 1;
    this.#segmentBytes = 0;
    this.#file = file;
    const oldest = this.#segment - MAX_SEGMENTS;
    if (oldest > 0) this.#remove(oldest);
  }

  /** Removes a segment asynchronously: freeing 8 MiB can take a disk 20 ms, which would hold up all requests. */
  #remove(segment: number): void {
    rm(segmentPath(this.folder, segment), { force: true }, (error) => {
      if (error !== null) noteHandled('logs', 'removing the oldest part of a log', error);
    });
  }

  #close(): void {
    const file = this.#file;
    this.#file = undefined;
    // Some file systems report a full disk only on close.
    if (file !== undefined) this.#try(() => closeSync(file));
  }
}

function toLines(text: string): Buffer[] {
  return text.split('\n').map((line) => Buffer.from(line));
}
