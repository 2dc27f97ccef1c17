import { type BytePath, join } from '../byte-path.js';
import { readBytesIfThere } from './read-if-there.js';

/** Enough for the index of several million files. A larger file is not an index. */
const MAX_INDEX_BYTES = 512 * 1024 * 1024;

/** Entries decoded before yielding to the event loop. */
const ENTRIES_PER_TURN = 5000;
const HEADER_BYTES = 12;
/** Size of the times, device, inode, mode, owner and size, which precede an entry's object id. */
const STAT_BYTES = 40;
const EXTENDED_FLAG = 0x4000;

/** The tracked files of one working tree. */
export class TrackedFiles {
  /** Sorted by bytes, as in the index. */
  readonly paths: readonly string[];

  constructor(paths: readonly string[]) {
    this.paths = paths;
  }

  /** @param path relative to the root of the working tree */
  has(path: string): boolean {
    return this.paths[this.#firstFrom(path)] === path;
  }

  /** Whether any file in a folder is tracked, at any depth. */
  hasIn(folder: string): boolean {
    return this.paths[this.#firstFrom(`${folder}/`)]?.startsWith(`${folder}/`) ?? false;
  }

  #firstFrom(path: string): number {
    let [low, high] = [0, this.paths.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.paths[middle] ?? '') < path) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * Reads the paths in a git index: versions 2, 3 and 4, including split ones (gitformat-index).
 * @param hashBytes the length of an object id: 20, or 32 if the repository uses SHA-256
 * @returns no tracked files if there is no index, or an invalid one that git would reject too
 * @throws the system's error
 */
export async function readTrackedFiles(gitDir: BytePath, hashBytes: number): Promise<TrackedFiles> {
  const own = await readIndex(join(gitDir, 'index'), hashBytes);
  if (own === undefined) return new TrackedFiles([]);
  if (own.shared === undefined) return new TrackedFiles(own.paths);
  // Deletions since the split are not applied: a few files too many are watched until git writes the next full index.
  const base = await readIndex(join(gitDir, `sharedindex.${own.shared}`), hashBytes);
  const all = new Set([...own.paths, ...(base?.paths ?? [])]);
  all.delete('');
  return new TrackedFiles([...all].sort((a, b) => (a < b ? -1 : 1)));
}

interface Index {
  paths: string[];
  /** The object id of the shared index that this one is based on. */
  shared?: string;
}

async function readIndex(path: BytePath, hashBytes: number): Promise<Index | undefined> {
  const data = await readBytesIfThere(path, MAX_INDEX_BYTES);
  try {
    return data === undefined ? undefined : await parseIndex(data, hashBytes);
  } catch (error) {
    // An offset points beyond the end of the file: it is incomplete, or not an index.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** @returns undefined if it is not an index of a known version @throws RangeError if it is incomplete */
async function parseIndex(data: Buffer, hashBytes: number): Promise<Index | undefined> {
  const version = data.readUInt32BE(4);
  if (data.toString('latin1', 0, 4) !== 'DIRC' || version < 2 || version > 4) return undefined;
  const count = data.readUInt32BE(8);
  const paths: string[] = [];
  let at = HEADER_BYTES;
  let path4 = '';
  for (let index = 0; index < count; index += 1) {
    if (index % ENTRIES_PER_TURN === ENTRIES_PER_TURN - 1) await new Promise(setImmediate);
    const start = at;
    at += STAT_BYTES + hashBytes;
    at += (data.readUInt16BE(at) & EXTENDED_FLAG) === 0 ? 2 : 4;
    let kept = '';
    if (version === 4) {
      const strip = readVariableLength(data, at);
      kept = path4.slice(0, path4.length - strip.value);
      at = strip.end;
    }
    const end = at < data.length ? data.indexOf(0, at) : -1;
    if (end === -1) throw new RangeError('the name of an entry has no end');
    const name = kept + data.toString('latin1', at, end);
    // In a sparse index, an entry with a trailing slash stands for a whole folder, none of which is checked out.
    if (!name.endsWith('/')) paths.push(name);
    path4 = name;
    at = version === 4 ? end + 1 : start + ((end - start + 8) & ~7);
  }
  const shared = findSharedIndex(data, at, hashBytes);
  return shared === undefined ? { paths } : { paths, shared };
}

/**
 * Reads version 4's number of characters to drop from the previous path: seven bits per byte, as for offsets in pack files.
 */
function readVariableLength(data: Buffer, start: number): { value: number; end: number } {
  let at = start;
  let byte = data[at++] ?? 0;
  let value = byte & 0x7f;
  while ((byte & 0x80) !== 0) {
    byte = data[at++] ?? 0;
    value = ((value + 1) << 7) | (byte & 0x7f);
  }
  return { value, end: at };
}

/** Returns the object id of the shared index that a split index is based on. */
function findSharedIndex(data: Buffer, start: number, hashBytes: number): string | undefined {
  let at = start;
  while (at + 8 <= data.length - hashBytes) {
    const signature = data.toString('latin1', at, at + 4);
    if (signature === 'link') return data.toString('hex', at + 8, at + 8 + hashBytes);
    at += 8 + data.readUInt32BE(at + 4);
  }
  return undefined;
}
