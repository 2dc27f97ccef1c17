import type { Dirent, Stats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { errorCode } from '../os/error-code.js';
import { createLimit } from '../os/limit.js';
import { type BytePath, join, toFsPath } from './byte-path.js';
import type { FolderRules } from './rules/folder-rules.js';
import type { FolderEvents } from './system/folder-events.js';
import { identifyFolder } from './system/system-events.js';
import type { Entry, EntryKind, WatchedFolder } from './watched-folder.js';

/** Folders listed at once: more would only wait for Node.js' four threads. */
const LISTED_AT_ONCE = 4;
/** Entries that come from the system in one go; in between, the event loop gets its turn. */
const LISTED_PER_TURN = 256;

/** What has to be known of a folder before it is entered. */
export type NewFolder = Pick<WatchedFolder, 'path' | 'shown' | 'isLinked' | 'rules'>;

/** How a tree asks and tells what lies around it. */
export interface TreeSurroundings {
  events: FolderEvents;
  /** Whether an entry is left out, by whatever rule. */
  isIgnored(folder: WatchedFolder, name: string, isFolder: boolean): boolean;
  /** An entry that was not known; `isNew`: it was made since, and not just found. */
  onFound(folder: WatchedFolder, name: string, entry: Entry, isNew: boolean): void;
  /** An entry may have changed. `name` undefined: any, or the folder itself. */
  onEvent(folder: WatchedFolder, name: string | undefined): void;
  /** A folder can't be watched or listed. */
  onError(path: BytePath, code: string): void;
}

/** The folders that are watched, with what is in them. */
export class FolderTree {
  readonly folders = new Map<BytePath, WatchedFolder>();
  readonly #surroundings: TreeSurroundings;
  readonly #limit = createLimit(LISTED_AT_ONCE);
  #closed = false;

  constructor(surroundings: TreeSurroundings) {
    this.#surroundings = surroundings;
  }

  /**
   * Watches a folder and those in it; nothing if it is watched already.
   * @param isNew whether what is found was made just now
   */
  async enter(place: NewFolder, isNew: boolean): Promise<void> {
    if (this.#closed || this.folders.has(place.path)) return;
    const folder = { ...place, entries: new Map(), identity: '', error: '', stop: () => undefined };
    this.folders.set(place.path, folder);
    await this.#watch(folder);
    await this.list(folder, isNew);
  }

  /** Watches a folder again, as it may be another one by now, and compares what is listed with what was known. */
  async enterAgain(folder: WatchedFolder): Promise<void> {
    await this.#watch(folder);
    await this.list(folder, true);
  }

  /** Whether the folder at that path is still the one that is watched, and can be read. */
  isCurrent(folder: WatchedFolder, stats: Stats): boolean {
    return folder.error === '' && folder.identity === identifyFolder(stats);
  }

  /**
   * Lists a folder: finds entries, enters folders, and has those that are gone or ignored by now looked at.
   * @param isNew whether what was not known was made since
   * @returns what is not there any more
   */
  async list(folder: WatchedFolder, isNew: boolean): Promise<void> {
    const found = new Set<string>();
    const inner: Promise<void>[] = [];
    await this.#limit(async () => {
      try {
        const listing = await opendir(toFsPath(folder.path), { encoding: 'latin1', bufferSize: LISTED_PER_TURN });
        for await (const entry of listing) {
          const kind = await this.#kindOf(folder, entry);
          if (kind === undefined || this.#surroundings.isIgnored(folder, entry.name, kind === 'folder')) continue;
          found.add(entry.name);
          if (folder.entries.get(entry.name)?.kind !== kind) inner.push(this.add(folder, entry.name, kind, isNew));
        }
        folder.error = '';
      } catch (error) {
        this.#fail(folder, errorCode(error));
      }
    });
    await Promise.all(inner);
    if (folder.error !== '') return;
    for (const name of folder.entries.keys()) {
      if (!found.has(name)) this.#surroundings.onEvent(folder, name);
    }
  }

  /** Takes an entry in, and what is in it; one of another kind that had the name is let go of. */
  async add(folder: WatchedFolder, name: string, kind: EntryKind, isNew: boolean): Promise<void> {
    if (folder.entries.get(name)?.kind === 'folder') this.leave(join(folder.path, name));
    const entry: Entry = { kind, fingerprint: undefined, touched: false };
    folder.entries.set(name, entry);
    this.#surroundings.onFound(folder, name, entry, isNew);
    if (kind === 'folder') await this.enter(await this.#placeOf(folder, name), isNew);
  }

  /** Stops watching a folder and those in it. @returns what was in them, except folders */
  leave(path: BytePath): { folder: WatchedFolder; name: string; entry: Entry }[] {
    const folder = this.folders.get(path);
    if (folder === undefined) return [];
    folder.stop();
    this.folders.delete(path);
    return [...folder.entries].flatMap(([name, entry]) =>
      entry.kind === 'folder' ? this.leave(join(path, name)) : [{ folder, name, entry }],
    );
  }

  /** Applies other rules to a folder and those in it: enters what is not ignored any more. */
  async applyRules(folder: WatchedFolder, rules: FolderRules): Promise<void> {
    folder.rules = rules;
    await this.list(folder, false);
    const inner = [...folder.entries].flatMap(([name, { kind }]) => (kind === 'folder' ? [name] : []));
    await Promise.all(
      inner.map(async (name) => {
        const child = this.folders.get(join(folder.path, name));
        if (child !== undefined) await this.applyRules(child, await rules.enter(name));
      }),
    );
  }

  close(): void {
    this.#closed = true;
    for (const folder of this.folders.values()) folder.stop();
    this.folders.clear();
  }

  async #placeOf(folder: WatchedFolder, name: string): Promise<NewFolder> {
    return {
      path: join(folder.path, name),
      shown: folder.shown === '' ? (name as BytePath) : join(folder.shown, name),
      isLinked: folder.isLinked,
      rules: await folder.rules.enter(name),
    };
  }

  async #watch(folder: WatchedFolder): Promise<void> {
    const before = folder.stop;
    try {
      const stop = await this.#surroundings.events.watchFolder(folder.path, (name) => {
        this.#surroundings.onEvent(folder, name);
      });
      // It was let go of meanwhile.
      if (this.folders.get(folder.path) === folder) folder.stop = stop;
      else stop();
      folder.identity = identifyFolder(await lstat(toFsPath(folder.path)));
    } catch (error) {
      this.#fail(folder, errorCode(error));
    }
    before();
  }

  /** One that is gone is not worth a word: whoever watches the folder above takes note of that. */
  #fail(folder: WatchedFolder, code: string): void {
    const before = folder.error;
    folder.error = code;
    if (code !== before && code !== 'ENOENT' && code !== 'ENOTDIR') this.#surroundings.onError(folder.path, code);
  }

  /** Some file systems don't say in a listing what an entry is. */
  async #kindOf(folder: WatchedFolder, entry: Dirent): Promise<EntryKind | undefined> {
    if (entry.isFile()) return 'file';
    if (entry.isDirectory()) return 'folder';
    if (entry.isSymbolicLink()) return 'link';
    if (entry.isFIFO() || entry.isSocket() || entry.isCharacterDevice() || entry.isBlockDevice()) return 'other';
    return entryKind(await lstat(toFsPath(join(folder.path, entry.name))).catch(() => undefined));
  }
}

/** @returns undefined for what is not there */
export function entryKind(stats: Stats | undefined): EntryKind | undefined {
  if (stats === undefined) return undefined;
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'folder';
  return stats.isSymbolicLink() ? 'link' : 'other';
}
