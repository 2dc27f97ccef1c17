import { lstat } from 'node:fs/promises';
import { ignoreError } from '../os/debug/debug-log.js';
import { FILES_AT_ONCE, mapLimited } from '../os/limit.js';
import type { Change } from '../watch/change.js';
import type { ChangeOrigin } from './build-triggers.js';

/** File systems keep times by the tick of the kernel's clock, which lags behind the one that programs read. */
const CLOCK_TICK_MS = 20;
/** A deleted file has no time; its deletion is noticed within this time. */
const NOTICED_WITHIN_MS = 100;
/** Enough for a build and all replacements after it; older spans are no longer needed. */
const MAX_SPANS = 200;

type Writer = Exclude<ChangeOrigin, 'log' | 'other'>;

/** A time in which builds or backends may write files, in milliseconds since 1970. */
interface Span {
  by: Writer;
  from: number;
  /** undefined: it has not ended. */
  to: number | undefined;
  /** Resolves when it is known whether it has ended. */
  known: Promise<unknown>;
}

/** A time that has begun. */
export interface OpenSpan {
  end(): void;
  /** Ends it as of now, unless something is found that is still running. */
  endUnless(look: Promise<{ gone: Promise<void> } | undefined>): void;
}

/**
 * Determines who may have changed a file: a build that ran at that moment, a backend that was starting or ending, or
 * anyone else. The system keeps the time of the last change of every file, which no program can set.
 */
export class ChangeOrigins {
  readonly #nowMs: () => number;
  readonly #spans: Span[] = [];

  /** @param nowMs milliseconds since 1970 */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Begins a time in which a build or a backend may change files. */
  begin(by: Writer): OpenSpan {
    const span: Span = { by, from: this.#nowMs(), to: undefined, known: Promise.resolve() };
    this.#spans.push(span);
    if (this.#spans.length > MAX_SPANS) this.#spans.shift();
    const end = (atMs: number) => {
      span.to ??= atMs;
    };
    return {
      end: () => end(this.#nowMs()),
      endUnless: (look) => {
        const nowMs = this.#nowMs();
        span.known = look.then((rest) => {
          if (rest === undefined) end(nowMs);
          else void rest.gone.then(() => end(this.#nowMs()));
        });
      },
    };
  }

  /** Determines who may have changed a file. */
  async of({ absolute, noticedAtMs }: Pick<Change, 'absolute' | 'noticedAtMs'>): Promise<ChangeOrigin> {
    const stats = await lstat(absolute).catch(ignoreError('builds', 'looking at a changed file'));
    await Promise.all(this.#spans.map(({ known }) => known));
    const noticed = this.#nowMs() - (performance.now() - noticedAtMs);
    // The fraction of a millisecond is missing from the end of a span.
    const earliest = stats === undefined ? noticed - NOTICED_WITHIN_MS : stats.ctimeMs - 1;
    const latest = stats === undefined ? noticed : stats.ctimeMs + CLOCK_TICK_MS;
    const possible = this.#spans.filter(
      ({ from, to }) => from <= latest && (to ?? Number.POSITIVE_INFINITY) >= earliest,
    );
    return possible.find(({ by }) => by === 'build')?.by ?? possible[0]?.by ?? 'other';
  }

  /** Finds the files that were written since a moment, with the same content or another. @param paths absolute */
  async changedSince(paths: readonly string[], sinceMs: number): Promise<string[]> {
    const times = await lastChanges(paths);
    return paths.filter((_, index) => (times[index] ?? 0) >= sinceMs - CLOCK_TICK_MS);
  }

  /** Finds the files that were certainly written after a moment: a file's time never runs ahead of the clock. @param paths absolute */
  async changedAfter(paths: readonly string[], afterMs: number): Promise<string[]> {
    const times = await lastChanges(paths);
    return paths.filter((_, index) => (times[index] ?? 0) > afterMs);
  }
}

/** When files were changed last, in milliseconds since 1970; undefined for those that are not there. */
function lastChanges(paths: readonly string[]): Promise<(number | undefined)[]> {
  return mapLimited(paths, FILES_AT_ONCE, async (path) => {
    const stats = await lstat(path).catch(ignoreError('builds', 'looking at a changed file'));
    return stats?.ctimeMs;
  });
}
