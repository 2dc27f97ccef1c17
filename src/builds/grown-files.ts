import { createHash } from 'node:crypto';
import { ignoreError } from '../os/debug/debug-log.js';
import { MAX_HASHED_BYTES } from '../os/fingerprint.js';
import { openRegularFile } from '../os/regular-file.js';
import type { Change } from '../watch/change.js';

/** More changed files than this are not logs that each got a new line. */
const MAX_FILES = 20;
const MAX_REMEMBERED = 200;

/** Usual names of logs. The name must match too, since people also append to other files. */
const LOG_NAME = /\.(?:log|out|err)(?:\.\d+)?$|(?:^|[^a-z])log$/i;
/** How many changes in a row, each soon after a build, must extend a file before that is reported. */
const REPORTED_AT = 4;

type ChangedPath = Pick<Change, 'path' | 'absolute'>;

/** The beginning of a file, up to {@link MAX_HASHED_BYTES}. */
interface Beginning {
  bytes: number;
  hash: string;
}

/**
 * Finds logs that programs write about builds: files that are extended soon after each build and still begin with their
 * previous content. The name must also be a log's name; otherwise the file is only reported.
 */
export class GrownFiles {
  readonly #onRepeated: (path: string) => void;
  /** By absolute path; the most recently changed file is last. */
  readonly #known = new Map<string, Beginning>();
  #last = { path: '', times: 0 };

  /** @param onRepeated called with the relative path of a file that keeps growing alone, soon after each build */
  constructor(onRepeated: (path: string) => void) {
    this.#onRepeated = onRepeated;
  }

  /**
   * Records changed files.
   * @param isAfterBuild whether they changed soon after a build
   * @returns the absolute paths of logs
   */
  async findLogs(changes: readonly ChangedPath[], isAfterBuild: boolean): Promise<Set<string>> {
    const grown = await this.#findGrown(changes);
    if (!isAfterBuild) grown.clear();
    const [{ path, absolute } = { path: '', absolute: '' }] = changes;
    const isAlone = changes.length === 1 && grown.has(absolute);
    const times = this.#last.path === path ? this.#last.times + 1 : 1;
    this.#last = { path, times: isAlone ? times : 0 };
    if (this.#last.times === REPORTED_AT && !LOG_NAME.test(path)) this.#onRepeated(path);
    return new Set(changes.filter((each) => grown.has(each.absolute) && LOG_NAME.test(each.path)).map(toAbsolute));
  }

  async #findGrown(changes: readonly ChangedPath[]): Promise<Set<string>> {
    const grown = new Set<string>();
    for (const { absolute } of changes.length > MAX_FILES ? [] : changes) {
      const known = this.#known.get(absolute);
      this.#known.delete(absolute);
      const found = await compare(absolute, known).catch(ignoreError('builds', 'reading a changed file'));
      if (found === undefined) continue;
      this.#known.set(absolute, found.now);
      if (found.hasGrown) grown.add(absolute);
    }
    for (const path of [...this.#known.keys()].slice(0, -MAX_REMEMBERED)) this.#known.delete(path);
    return grown;
  }
}

function toAbsolute({ absolute }: ChangedPath): string {
  return absolute;
}

/** @throws NotRegularFile, or the system's error */
async function compare(path: string, known: Beginning | undefined): Promise<{ now: Beginning; hasGrown: boolean }> {
  const file = await openRegularFile(path);
  try {
    const content = await readBeginning(file);
    const hash = (bytes: number) => createHash('sha256').update(content.subarray(0, bytes)).digest('hex');
    const hasGrown = known !== undefined && known.bytes < content.length && hash(known.bytes) === known.hash;
    return { now: { bytes: content.length, hash: hash(content.length) }, hasGrown };
  } finally {
    await file.close();
  }
}

async function readBeginning(file: Awaited<ReturnType<typeof openRegularFile>>): Promise<Buffer> {
  const { size } = await file.stat();
  const content = Buffer.alloc(Math.min(size, MAX_HASHED_BYTES));
  const { bytesRead } = await file.read(content, 0, content.length, 0);
  return content.subarray(0, bytesRead);
}
