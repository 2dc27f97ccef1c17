import { noteDecision } from '../os/debug/debug-log.js';
import { type BytePath, toText } from './byte-path.js';
import { watchErrors } from './watch-errors.js';

/** How many paths are reported one by one. The debug log has all of them. */
const MAX_NAMED = 10;

/** Reports paths that can't be watched: each once, up to a limit, and all folders beyond a system limit in one message. */
export class WatchProblems {
  readonly #tell: (error: Error) => void;
  readonly #told = new Set<string>();
  readonly #unwatchable = new Set<string>();
  readonly #beyondLimit: BytePath[] = [];
  #limitCode = '';

  constructor(tell: (error: Error) => void) {
    this.#tell = tell;
  }

  /** @param code the system's error code, or EPSEUDO */
  unwatchable(path: BytePath, code: string): void {
    const key = `${code} ${path}`;
    if (this.#unwatchable.has(key)) return;
    this.#unwatchable.add(key);
    noteDecision('watch', () => `changes to ${toText(path)} go unnoticed: ${code}`);
    if (this.#unwatchable.size <= MAX_NAMED) this.#tell(watchErrors.pathUnwatchable(toText(path), code));
    else this.#once('more', watchErrors.morePathsUnwatchable(MAX_NAMED));
  }

  missing(path: BytePath): void {
    this.#once(`missing ${path}`, watchErrors.watchedPathMissing(toText(path)));
  }

  ignoredProject(folder: BytePath): void {
    this.#once(`ignored ${folder}`, watchErrors.ignoredProjectWatched(toText(folder)));
  }

  /** Reports one message for all folders of a file system. */
  polled(folder: BytePath, why: string): void {
    this.#once(`polled ${why}`, watchErrors.watchedByPolling(toText(folder), why));
  }

  linkedTreeTooLarge(path: BytePath, limit: number): void {
    this.#once('linked', watchErrors.linkedTreeTooLarge(toText(path), limit));
  }

  beyondLimit(code: string, folder: BytePath): void {
    this.#limitCode = code;
    this.#beyondLimit.push(folder);
  }

  /** Reports the folders that exceeded the limit since the last report. */
  tellLimit(): void {
    const folders = this.#beyondLimit.splice(0);
    if (folders[0] === undefined) return;
    this.#once('limit', watchErrors.watchLimitReached(this.#limitCode, folders.length, toText(folders[0])));
  }

  #once(key: string, error: Error): void {
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#tell(error);
  }
}
