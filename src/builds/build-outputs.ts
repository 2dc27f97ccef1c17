import { createHash, randomUUID } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoreError } from '../os/debug/debug-log.js';
import type { Fingerprint } from '../os/fingerprint.js';
import { FILES_AT_ONCE, mapLimited } from '../os/limit.js';

/** Folders that never contain build output that a backend runs. */
const SKIPPED = new Set(['.git', '.jamdev', 'node_modules', '.venv', '__pycache__']);
/** With more files than this, or if reading takes longer, a build's output counts as unknown. */
const MAX_FILES = 20_000;
const MAX_WALK_MS = 1_000;
/** File timestamps use the kernel's clock tick, which lags behind the clock that programs read. */
const CLOCK_TICK_MS = 20;

/**
 * Compares the output of builds in a folder, including files that are not watched because git ignores them. A build with the
 * same output as the previous one changes nothing for sessions.
 */
export class BuildOutputs {
  readonly #folder: string;
  readonly #fingerprint: Fingerprint;
  readonly #contents = new Map<string, string>();

  constructor(folder: string, fingerprint: Fingerprint) {
    this.#folder = folder;
    this.#fingerprint = fingerprint;
  }

  /**
   * Reads the files that were written since a build started.
   * @param startedAt milliseconds since 1970
   * @param leftByBackends finds files whose current state was left by running backends; they are not output
   * @returns the same text for the same content of all output so far; if there is too much to read, a text that no other
   * call returns
   */
  async look(
    startedAt: number,
    leftByBackends: (paths: readonly string[]) => Promise<ReadonlySet<string>> = async () => new Set(),
  ): Promise<string> {
    const found = await this.#writtenSince(startedAt - CLOCK_TICK_MS, performance.now() + MAX_WALK_MS);
    if (found === undefined) return randomUUID();
    const own = await leftByBackends(found);
    const written = found.filter((path) => !own.has(path));
    const contents = await mapLimited(written, FILES_AT_ONCE, async (path): Promise<[string, string]> => {
      return [path, await this.#fingerprint(path)];
    });
    for (const [path, content] of contents) this.#contents.set(path, content);
    const lines = [...this.#contents].map(([path, content]) => `${path}\0${content}`).sort();
    return createHash('sha256').update(lines.join('\n')).digest('hex');
  }

  /** Whether an earlier build has written a file. @param path absolute */
  knows(path: string): boolean {
    return this.#contents.has(path);
  }

  async #writtenSince(sinceMs: number, deadlineMs: number): Promise<string[] | undefined> {
    const written: string[] = [];
    const folders = [this.#folder];
    let seen = 0;
    for (const folder of folders) {
      if (performance.now() > deadlineMs) return undefined;
      const entries = await readdir(folder, { withFileTypes: true }).catch(
        ignoreError('builds', 'looking at the output of a build', []),
      );
      seen += entries.length;
      if (seen > MAX_FILES) return undefined;
      for (const entry of entries)
        if (entry.isDirectory() && !SKIPPED.has(entry.name)) folders.push(join(folder, entry.name));
      const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(folder, entry.name));
      const stats = await mapLimited(files, FILES_AT_ONCE, (path) =>
        lstat(path).catch(ignoreError('builds', 'looking at the output of a build')),
      );
      written.push(...files.filter((_, index) => (stats[index]?.ctimeMs ?? 0) >= sinceMs));
    }
    return written;
  }
}
