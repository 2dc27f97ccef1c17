import { lstat } from 'node:fs/promises';
import { ignoreError } from '../os/debug/debug-log.js';
import { FILES_AT_ONCE, mapLimited } from '../os/limit.js';
import type { Change } from '../watch/change.js';
import type { ChangeOrigin } from './build-triggers.js';

/** File timestamps use the kernel's clock tick, which lags behind the clock that programs read. */
const CLOCK_TICK_MS = 20;
/** A deleted file has no timestamp, but its deletion is noticed within this time. */
const NOTICED_WITHIN_MS = 100;
/** Enough for a build and all replacements after it. Older spans are no longer needed. */
const MAX_SPANS = 200;

type Writer = Exclude<ChangeOrigin, 'log' | 'other'>;

/** A span of time in which builds or backends may write files, in milliseconds since 1970. */
interface Span {
  by: Writer;
  from: number;
  /** undefined if it has not ended. */
  to: number | undefined;
  /** Resolves when it is known whether it has ended. */
  known: Promise<unknown>;
}

/** A span that has begun. */
export interface OpenSpan {
  end(): void;
  /** Ends the span as of now, unless processes are found that still run. */
  endUnless(look: Promise<{ gone: Promise<void> } | undefined>): void;
}

/**
 * Determines who may have changed a file: a build that ran at that moment, a backend that was starting or ending, or anyone
 * else. Uses the time of a file's last status change (ctime), which no program can set.
 */
export class ChangeOrigins {
  readonly #nowMs: () => number;
  readonly #spans: Span[] = [];

  /** @param nowMs milliseconds since 1970 */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Begins a span in which a build or a backend may change files. */
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
    // The end of a span lacks the fraction of a millisecond.
    const earliest = stats === undefined ? noticed - NOTICED_WITHIN_MS : stats.ctimeMs - 1;
    const latest = stats === undefined ? noticed : stats.ctimeMs + CLOCK_TICK_MS;
    const possible = this.#spans.filter(
      ({ from, to }) => from <= latest && (to ?? Number.POSITIVE_INFINITY) >= earliest,
    );
    return possible.find(({ by }) => by === 'build')?.by ?? possible[0]?.by ?? 'other';
  }

  /** Finds the files that were written since a moment, changed or unchanged. @param paths absolute */
  async changedSince(paths: readonly string[], sinceMs: number): Promise<string[]> {
    const times = await lastChanges(paths);
    return paths.filter((_, index) => (times[index] ?? 0) >= sinceMs - CLOCK_TICK_MS);
  }

  /**
   * Finds the files that were definitely written after a moment: a file's time is never ahead of the clock.
   * @param paths absolute
   */
  async changedAfter(paths: readonly string[], afterMs: number): Promise<string[]> {
    const times = await lastChanges(paths);
    return paths.filter((_, index) => (times[index] ?? 0) > afterMs);
  }
}

/** Returns when files were last changed, in milliseconds since 1970; undefined for missing files. */
function lastChanges(paths: readonly string[]): Promise<(number | undefined)[]> {
  return mapLimited(paths, FILES_AT_ONCE, async (path) => {
    const stats = await lstat(path).catch(ignoreError('builds', 'looking at a changed file'));
    return stats?.ctimeMs;
  });
}
