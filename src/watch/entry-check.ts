import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { errorCode } from '../os/error-code.js';
import { createFingerprint } from '../os/fingerprint.js';
import { type BytePath, join, toFsPath } from './byte-path.js';
import { compareFingerprints, type WhatChanged } from './change.js';
import { entryKind, type FolderTree } from './folder-tree.js';
import type { Links } from './links.js';
import type { ServiceRules } from './rules/service-rules.js';
import type { Entry, WatchedFolder } from './watched-folder.js';

/** What a check tells. */
export interface CheckListener {
  onChange(path: BytePath, shown: BytePath, what: WhatChanged): void;
  /** A folder is another one than it was, or can be read at last: everything in it has to be looked at. */
  onReplaced(folder: WatchedFolder): void;
  onError(path: BytePath, code: string): void;
}

/** What a check works with. */
export interface CheckTools {
  tree: FolderTree;
  links: Links;
  rules: ServiceRules;
  isOwnOutput(stats: Stats): boolean;
}

/** Compares entries of watched folders with what they were. */
export class EntryCheck {
  readonly fingerprint = createFingerprint();
  readonly #tools: CheckTools;
  readonly #listener: CheckListener;

  constructor(tools: CheckTools, listener: CheckListener) {
    this.#tools = tools;
    this.#listener = listener;
  }

  /**
   * Looks at an entry, and tells of what has changed.
   * @param confirmed it was gone a moment ago, so that it counts as deleted if it still is
   * @returns whether it is gone, and was not before
   */
  async check(folder: WatchedFolder, name: string, confirmed: boolean): Promise<boolean> {
    const { tree, rules } = this.#tools;
    if (tree.folders.get(folder.path) !== folder) return false;
    const entry = folder.entries.get(name);
    const path = join(folder.path, name);
    const stats = await this.#stat(path);
    const kind = entryKind(stats);
    if (stats === undefined || kind === undefined) {
      if (entry !== undefined && confirmed) this.#remove(folder, name, entry, 'deleted');
      return entry !== undefined && !confirmed;
    }
    if (rules.ignores(folder, name, kind === 'folder')) this.#forget(folder, name, entry);
    else if (entry?.kind !== kind) await this.#replace(folder, name, entry, stats);
    else if (kind === 'folder') this.checkFolder(path, stats);
    else if (!this.#tools.isOwnOutput(stats)) await this.#compare(folder, name, entry);
    return false;
  }

  /** Notices that a folder is another one than it was. */
  checkFolder(path: BytePath, stats: Stats): void {
    const folder = this.#tools.tree.folders.get(path);
    if (folder !== undefined && !this.#tools.tree.isCurrent(folder, stats)) this.#listener.onReplaced(folder);
  }

  /** Tells of an entry that was found in a new folder. */
  tellCreated(folder: WatchedFolder, name: string): void {
    this.#tell(folder, name, 'created');
  }

  /** Stops watching a folder, and tells that what was in it is deleted. */
  removeFolder(path: BytePath): void {
    for (const { folder, name } of this.#tools.tree.leave(path)) this.#tell(folder, name, 'deleted');
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
    // A link may lead elsewhere by now, even if it looks the same.
    if (entry.kind === 'link') await this.#followAgain(path);
    entry.touched = false;
    const now = await this.fingerprint(toFsPath(path));
    const what = compareFingerprints(entry.fingerprint, now);
    entry.fingerprint = now;
    if (/^E[A-Z]+$/.test(now) && now !== 'ENOENT') this.#listener.onError(path, now);
    if (what === undefined || (what === 'content' && this.#tools.links.leadsToWatched(path))) return;
    this.#tell(folder, name, what);
  }

  async #followAgain(path: BytePath): Promise<void> {
    const { before, now } = await this.#tools.links.followAgain(path);
    if (before !== undefined && before !== now && (await this.#stat(before)) === undefined) this.removeFolder(before);
    if (now === undefined) return;
    const stats = await this.#stat(now);
    if (stats !== undefined) this.checkFolder(now, stats);
  }

  /** Takes in an entry that is new, or of another kind than it was. */
  async #replace(folder: WatchedFolder, name: string, before: Entry | undefined, stats: Stats): Promise<void> {
    const kind = entryKind(stats) ?? 'other';
    if (before?.kind === 'folder') this.removeFolder(join(folder.path, name));
    if (this.#tools.isOwnOutput(stats)) return;
    // What is in a new folder is told of as it is found.
    await this.#tools.tree.add(folder, name, kind, kind === 'folder');
    if (kind !== 'folder') this.#tell(folder, name, before === undefined ? 'created' : 'kind');
    else if (before !== undefined) this.#tell(folder, name, 'deleted');
  }

  #remove(folder: WatchedFolder, name: string, entry: Entry, what: WhatChanged): void {
    folder.entries.delete(name);
    if (entry.kind === 'folder') this.removeFolder(join(folder.path, name));
    else this.#tell(folder, name, what);
  }

  /** It is ignored by now, which is no change of it. */
  #forget(folder: WatchedFolder, name: string, entry: Entry | undefined): void {
    folder.entries.delete(name);
    if (entry?.kind === 'folder') this.#tools.tree.leave(join(folder.path, name));
  }

  #tell(folder: WatchedFolder, name: string, what: WhatChanged): void {
    const shown = folder.shown === '' ? (name as BytePath) : join(folder.shown, name);
    this.#listener.onChange(join(folder.path, name), shown, what);
  }
}
