import type { Dirent, Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { ignoreError } from '../os/debug/debug-log.js';
import { errorCode } from '../os/error-code.js';
import { createLimit } from '../os/limit.js';
import { type BytePath, join, toFsPath } from './byte-path.js';
import { type FolderRules, type HasEntry, NO_RULES } from './rules/folder-rules.js';
import { identifyFolder, type WatchEvents } from './system/folder-events.js';
import type { Entry, EntryKind, WatchedFolder } from './watched-folder.js';

/** Folders listed at once: more would only wait for Node.js' four threads. */
const LISTED_AT_ONCE = 4;
/** Entries processed before yielding to the event loop. */
const ENTRIES_PER_TURN = 1000;

/** The properties of a folder that are needed before entering it. */
export interface NewFolder extends Pick<WatchedFolder, 'path' | 'shown' | 'isLinked'> {
  /** Returns the folder's rules. `has` tells which names the folder contains. */
  readRules(has: HasEntry): Promise<FolderRules>;
}

/** Connects a tree to the code around it. */
export interface TreeSurroundings {
  events: WatchEvents;
  /** Whether a folder holds no real files, such as /proc. */
  isPseudo(folder: BytePath): boolean;
  /** Whether an entry is excluded, by any rule. */
  isIgnored(folder: WatchedFolder, name: string, isFolder: boolean): boolean;
  /** Reads the rules of a folder that is being entered. `has` tells which entries it contains. */
  readRules(folder: WatchedFolder, name: string, has: HasEntry): Promise<FolderRules>;
  /** Called with an entry that was not known. `isNew`: it was created since the last listing, not just found now. */
  onFound(folder: WatchedFolder, name: string, entry: Entry, isNew: boolean): void;
  /** An entry may have changed. `name` undefined: any entry, or the folder itself. */
  onEvent(folder: WatchedFolder, name: string | undefined): void;
  /** A folder can't be watched or listed. */
  onError(path: BytePath, code: string): void;
}

/** The watched folders with their entries. */
export class FolderTree {
  readonly folders = new Map<BytePath, WatchedFolder>();
  readonly #surroundings: TreeSurroundings;
  readonly #limit = createLimit(LISTED_AT_ONCE);
  #closed = false;

  constructor(surroundings: TreeSurroundings) {
    this.#surroundings = surroundings;
  }

  /**
   * Watches a folder and its subfolders. Does nothing if it is already watched.
   * @param isNew whether entries that are found were just created
   */
  async enter(place: NewFolder, isNew: boolean): Promise<void> {
    if (this.#closed || this.folders.has(place.path)) return;
    const { path, shown, isLinked, readRules } = place;
    if (this.#surroundings.isPseudo(path)) return this.#surroundings.onError(path, 'EPSEUDO');
    const isPolled = this.#surroundings.events.isPolled(path);
    const made = { entries: new Map(), identity: '', error: '', stop: () => undefined };
    const folder: WatchedFolder = { path, shown, isLinked, isPolled, rules: NO_RULES, ...made };
    this.folders.set(path, folder);
    await this.#listed(folder, isNew, async () => {
      await this.#watch(folder);
      const entries = await this.#read(folder);
      folder.rules = await readRules((name) => entries.some((entry) => entry.name === name));
      return entries;
    });
  }

  /** Watches a folder again, since it may have been replaced, and compares its listing with the known one. */
  async enterAgain(folder: WatchedFolder): Promise<void> {
    await this.#watch(folder);
    await this.list(folder, true);
  }

  /** Whether the folder at a path is still the watched one and can be read. */
  isCurrent(folder: WatchedFolder, stats: Stats): boolean {
    return folder.error === '' && folder.identity === identifyFolder(stats);
  }

  /**
   * Lists a folder: finds new entries, enters folders, and marks entries that are missing or now ignored for a check.
   * @param isNew whether unknown entries were created since the last listing
   */
  async list(folder: WatchedFolder, isNew: boolean): Promise<void> {
    await this.#listed(folder, isNew, () => this.#read(folder));
  }

  /** Adds an entry and everything in it. Forgets an entry of another kind with the same name. */
  async add(folder: WatchedFolder, name: string, kind: EntryKind, isNew: boolean): Promise<void> {
    this.#take(folder, name, kind, isNew);
    if (kind === 'folder') await this.enter(this.#placeOf(folder, name), isNew);
  }

  #take(folder: WatchedFolder, name: string, kind: EntryKind, isNew: boolean): void {
    if (folder.entries.get(name)?.kind === 'folder') this.leave(join(folder.path, name));
    const entry: Entry = { kind, fingerprint: undefined, touched: false };
    folder.entries.set(name, entry);
    this.#surroundings.onFound(folder, name, entry, isNew);
  }

  /** Stops watching a folder and its subfolders. @returns all their entries except folders */
  leave(path: BytePath): { folder: WatchedFolder; name: string; entry: Entry }[] {
    const folder = this.folders.get(path);
    if (folder === undefined) return [];
    folder.stop();
    this.folders.delete(path);
    return [...folder.entries].flatMap(([name, entry]) =>
      entry.kind === 'folder' ? this.leave(join(path, name)) : [{ folder, name, entry }],
    );
  }

  /** Applies changed rules to a folder and its subfolders. Enters folders that are no longer ignored. */
  async applyRules(folder: WatchedFolder, readRules: NewFolder['readRules']): Promise<void> {
    await this.#listed(folder, false, async () => {
      const entries = await this.#read(folder);
      folder.rules = await readRules((name) => entries.some((entry) => entry.name === name));
      return entries;
    });
    const inner = [...folder.entries].flatMap(([name, { kind }]) => (kind === 'folder' ? [name] : []));
    await Promise.all(
      inner.map(async (name) => {
        const child = this.folders.get(join(folder.path, name));
        if (child !== undefined) await this.applyRules(child, this.#placeOf(folder, name).readRules);
      }),
    );
  }

  close(): void {
    this.#closed = true;
    for (const folder of this.folders.values()) folder.stop();
    this.folders.clear();
  }

  async #listed(folder: WatchedFolder, isNew: boolean, read: () => Promise<Dirent[]>): Promise<void> {
    const wasKnown = folder.entries.size > 0;
    const found = new Set<string>();
    const inner: Promise<void>[] = [];
    await this.#limit(async () => {
      try {
        const entries = await read();
        folder.error = '';
        for (const [index, entry] of entries.entries()) {
          if (index % ENTRIES_PER_TURN === ENTRIES_PER_TURN - 1) await new Promise(setImmediate);
          const kind = kindOf(entry) ?? (await this.#askKind(folder, entry.name));
          if (kind === undefined || this.#surroundings.isIgnored(folder, entry.name, kind === 'folder')) continue;
          if (wasKnown) found.add(entry.name);
          if (folder.entries.get(entry.name)?.kind === kind) continue;
          // A promise for each of very many files would be slow.
          if (kind === 'folder') inner.push(this.add(folder, entry.name, kind, isNew));
          else this.#take(folder, entry.name, kind, isNew);
        }
      } catch (error) {
        this.#fail(folder, errorCode(error));
      }
    });
    await Promise.all(inner);
    if (folder.error !== '' || !wasKnown) return;
    for (const name of folder.entries.keys()) {
      if (!found.has(name)) this.#surroundings.onEvent(folder, name);
    }
  }

  /** Lists a folder, with names in one character per byte. */
  #read(folder: WatchedFolder): Promise<Dirent[]> {
    return readdir(toFsPath(folder.path), { withFileTypes: true, encoding: 'latin1' });
  }

  #placeOf(folder: WatchedFolder, name: string): NewFolder {
    return {
      path: join(folder.path, name),
      shown: folder.shown === '' ? (name as BytePath) : join(folder.shown, name),
      isLinked: folder.isLinked,
      readRules: (has) => this.#surroundings.readRules(folder, name, has),
    };
  }

  async #watch(folder: WatchedFolder): Promise<void> {
    const before = folder.stop;
    try {
      const { stop, identity } = await this.#surroundings.events.watchFolder(folder.path, (name) => {
        this.#surroundings.onEvent(folder, name);
      });
      folder.identity = identity;
      // The folder is no longer watched.
      if (this.folders.get(folder.path) === folder) folder.stop = stop;
      else stop();
    } catch (error) {
      this.#fail(folder, errorCode(error));
    }
    before();
  }

  /** Records a folder's error. A deleted folder is not reported here, because the watch on its parent notices it. */
  #fail(folder: WatchedFolder, code: string): void {
    const before = folder.error;
    folder.error = code;
    if (code !== before && code !== 'ENOENT' && code !== 'ENOTDIR') this.#surroundings.onError(folder.path, code);
  }

  async #askKind(folder: WatchedFolder, name: string): Promise<EntryKind | undefined> {
    return entryKind(
      await lstat(toFsPath(join(folder.path, name))).catch(ignoreError('watch', 'looking at a watched entry')),
    );
  }
}

/** @returns undefined if the file system does not include the kind in listings */
function kindOf(entry: Dirent): EntryKind | undefined {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  if (entry.isSymbolicLink()) return 'link';
  return entry.isFIFO() || entry.isSocket() || entry.isCharacterDevice() || entry.isBlockDevice() ? 'other' : undefined;
}

/** @returns undefined for a missing entry */
export function entryKind(stats: Stats | undefined): EntryKind | undefined {
  if (stats === undefined) return undefined;
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'folder';
  return stats.isSymbolicLink() ? 'link' : 'other';
}
