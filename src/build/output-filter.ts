/** How long after a build's end its last writes may still be told by the system. */
const LATE_MS = 150;
/** A file that comes out differently in so many builds in a row is what the build writes (as one with the time in it). */
const MAX_ROWS = 5;

/**
 * Tells what a person changes from what a build writes, so that a build's own output does not start the next one. Two
 * signs give output away: it comes into being during the very first build, or a build writes it again just as it was.
 * Any other change counts, also in the middle of a build; and output that is changed outside of builds counts again.
 */
export class OutputFilter {
  readonly #outputs = new Set<string>();
  /** What files were like when last seen. */
  readonly #contents = new Map<string, string>();
  /** During which build a file was last written, and for how many in a row. */
  readonly #written = new Map<string, { build: number; rows: number }>();
  readonly #nowMs: () => number;
  readonly #digest: (file: string) => string;
  #build = 0;
  #endedAtMs = Number.NEGATIVE_INFINITY;
  #running = false;

  /**
   * @param nowMs milliseconds that only grow
   * @param digest stands for the content of a file; the same for the same content
   */
  constructor(nowMs: () => number, digest: (file: string) => string) {
    this.#nowMs = nowMs;
    this.#digest = digest;
  }

  buildStarted(number: number): void {
    this.#build = number;
    this.#running = true;
  }

  buildEnded(): void {
    this.#running = false;
    this.#endedAtMs = this.#nowMs();
  }

  /**
   * Whether a change of a file is worth a build.
   * @param isNew the file was not there before
   * @param atMs when it was noticed
   */
  counts(file: string, isNew: boolean, atMs = this.#nowMs()): boolean {
    const content = this.#digest(file);
    const same = this.#contents.get(file) === content;
    this.#contents.set(file, content);
    if (!this.#running && atMs - this.#endedAtMs > LATE_MS) {
      this.#outputs.delete(file);
      this.#written.delete(file);
      return true;
    }
    const known = this.#outputs.has(file);
    if (known || same || (isNew && this.#build === 1) || this.#rowsOf(file) >= MAX_ROWS) {
      this.#outputs.add(file);
      return false;
    }
    return true;
  }

  #rowsOf(file: string): number {
    const before = this.#written.get(file);
    if (before?.build === this.#build) return before.rows;
    const rows = before?.build === this.#build - 1 ? before.rows + 1 : 1;
    this.#written.set(file, { build: this.#build, rows });
    return rows;
  }
}
