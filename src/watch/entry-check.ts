import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { errorCode } from '../os/error-code.js';
import { createFingerprint } from '../os/fingerprint.js';
import { type BytePath, join, toFsPath } from './byte-path.js';
import { compareFingerprints, type FileStates, MISSING, type WhatChanged } from './change.js';
import { entryKind, type FolderTree } from './folder-tree.js';
import type { Links } from './links.js';
import type { ServiceRules } from './rules/service-rules.js';
import type { Entry, WatchedFolder } from './watched-folder.js';

/** Receives the results of checks. */
export interface CheckListener {
  onChange(path: BytePath, shown: BytePath, what: WhatChanged, states: FileStates): void;
  /** A folder was replaced or became readable. Everything in it must be checked. */
  onReplaced(folder: WatchedFolder): void;
  onError(path: BytePath, code: string): void;
}

/** The dependencies of a check. */
export interface CheckTools {
  tree: FolderTree;
  links: Links;
  rules: ServiceRules;
  isOwnOutput(stats: Stats): boolean;
}

/** Compares entries of watched folders with their last known state. */
export class EntryCheck {
  readonly fingerprint = createFingerprint();
  readonly #tools: CheckTools;
  readonly #listener: CheckListener;

  constructor(tools: CheckTools, listener: CheckListener) {
    this.#tools = tools;
    this.#listener = listener;
  }

  /**
   * Checks an entry and reports its changes.
   * @param confirmed whether the entry was already missing a moment ago; if it still is, it counts as deleted
   * @returns whether the entry is missing and was not before
   */
  async check(folder: WatchedFolder, name: string, confirmed: boolean): Promise<boolean> {
    const { tree, rules } = this.#tools;
    if (tree.folders.get(folder.path) !== folder) return false;
    const entry = folder.entries.get(name);
    const path = join(folder.path, name);
    const stats = await this.#stat(path);
    const kind = entryKind(stats);
    if (stats === undefined || kind === undefined) {
      if (entry !== undefined && confirmed) this.#remove(folder, name, entry);
      return entry !== undefined && !confirmed;
    }
    if (rules.ignores(folder, name, kind === 'folder')) this.#forget(folder, name, entry);
    else if (entry?.kind !== kind) await this.#replace(folder, name, entry, stats);
    else if (kind === 'folder') this.checkFolder(path, stats);
    else if (!this.#tools.isOwnOutput(stats)) await this.#compare(folder, name, entry);
    return false;
  }

  /** Reports a folder that was replaced. */
  checkFolder(path: BytePath, stats: Stats): void {
    const folder = this.#tools.tree.folders.get(path);
    if (folder !== undefined && !this.#tools.tree.isCurrent(folder, stats)) this.#listener.onReplaced(folder);
  }

  /** Reports a new entry. */
  async tellCreated(
    folder: WatchedFolder,
    name: string,
    entry: Entry,
    what: WhatChanged = 'created',
    before = MISSING,
  ) {
    entry.touched = false;
    const now = await this.fingerprint(toFsPath(join(folder.path, name)));
    // It may have been deleted again.
    if (now === MISSING || folder.entries.get(name) !== entry) return;
    entry.fingerprint = now;
    this.#tell(folder, name, what, { before, now });
  }

  /** Stops watching a folder and reports everything in it as deleted. */
  removeFolder(path: BytePath): void {
    for (const { folder, name, entry } of this.#tools.tree.leave(path)) this.#tellDeleted(folder, name, entry);
  }

  async #stat(path: BytePath): Promise<Stats | undefined> {
    try {
      return await lstat(toFsPath(path));
    } catch (error) {
      const code = errorCode(error);
      if (code !== 'ENOENT' && code !== 'ENOTDIR') this.#listener.onError(path, code);
      return undefined;
    }
  }

  async #compare(folder: WatchedFolder, name: string, entry: Entry): Promise<void> {
    const path = join(folder.path, name);
    // A link may resolve differently now, even if its own target is unchanged.
    if (entry.kind === 'link') await this.#followAgain(path);
    entry.touched = false;
    const now = await this.fingerprint(toFsPath(path));
    const before = entry.fingerprint;
    const what = compareFingerprints(before, now);
    entry.fingerprint = now;
    if (/^E[A-Z]+$/.test(now) && now !== MISSING) this.#listener.onError(path, now);
    if (what === undefined || (what === 'content' && this.#tools.links.leadsToWatched(path))) return;
    this.#tell(folder, name, what, { before, now });
  }

  async #followAgain(path: BytePath): Promise<void> {
    const { before, now } = await this.#tools.links.followAgain(path);
    if (before !== undefined && before !== now && (await this.#stat(before)) === undefined) this.removeFolder(before);
    if (now === undefined) return;
    const stats = await this.#stat(now);
    if (stats !== undefined) this.checkFolder(now, stats);
  }

  /** Adds an entry that is new or has changed its kind. */
  async #replace(folder: WatchedFolder, name: string, before: Entry | undefined, stats: Stats): Promise<void> {
    const kind = entryKind(stats) ?? 'other';
    if (before?.kind === 'folder') this.removeFolder(join(folder.path, name));
    if (this.#tools.isOwnOutput(stats)) return;
    // Entries of a new folder are reported as they are found.
    await this.#tools.tree.add(folder, name, kind, kind === 'folder');
    const entry = folder.entries.get(name);
    if (kind === 'folder' && before !== undefined) this.#tellDeleted(folder, name, before);
    else if (kind !== 'folder' && entry !== undefined && before === undefined)
      await this.tellCreated(folder, name, entry);
    else if (kind !== 'folder' && entry !== undefined) {
      await this.tellCreated(folder, name, entry, 'kind', before?.fingerprint);
    }
  }

  #remove(folder: WatchedFolder, name: string, entry: Entry): void {
    folder.entries.delete(name);
    if (entry.kind === 'folder') this.removeFolder(join(folder.path, name));
    else this.#tellDeleted(folder, name, entry);
  }

  /** Forgets an entry that is now ignored. That does not count as a change. */
  #forget(folder: WatchedFolder, name: string, entry: Entry | undefined): void {
    folder.entries.delete(name);
    if (entry?.kind === 'folder') this.#tools.tree.leave(join(folder.path, name));
  }

  #tellDeleted(folder: WatchedFolder, name: string, { fingerprint }: Entry): void {
    this.#tell(folder, name, 'deleted', { before: fingerprint, now: MISSING });
  }

  #tell(folder: WatchedFolder, name: string, what: WhatChanged, states: FileStates): void {
    const shown = folder.shown === '' ? (name as BytePath) : join(folder.shown, name);
    this.#listener.onChange(join(folder.path, name), shown, what, states);
  }
}
