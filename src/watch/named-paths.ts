import { lstat } from 'node:fs/promises';
import { ignoreError } from '../os/debug/debug-log.js';
import type { Baseline } from './baseline.js';
import { type BytePath, nameOf, parentOf, toFsPath } from './byte-path.js';
import { compareFingerprints, MISSING } from './change.js';
import type { CheckListener, EntryCheck } from './entry-check.js';
import type { FolderTree } from './folder-tree.js';
import type { Places } from './places.js';
import type { ServiceRules } from './rules/service-rules.js';
import type { WatchEvents } from './system/folder-events.js';
import { FollowedPath } from './system/followed-path.js';
import type { Entry } from './watched-folder.js';

/** A path that was named explicitly: in `watch`, or as an env file, the config or a Dockerfile. */
export interface NamedPath {
  followed: FollowedPath;
  /** Path for people. */
  shown: BytePath;
  /** Whether to watch everything in it, if it is a folder. */
  isTree: boolean;
  /** Its state, if it is a file. */
  entry: Entry | undefined;
  /** Its real path, if it is a watched folder. */
  folder: BytePath | undefined;
}

/** The dependencies of named paths. */
export interface NamedPathTools {
  tree: FolderTree;
  places: Places;
  rules: ServiceRules;
  events: WatchEvents;
  baseline: Baseline;
  check: EntryCheck;
}

/** The explicitly named paths. They are watched whatever the rules say, as soon as they exist. */
export class NamedPaths {
  readonly #tools: NamedPathTools;
  readonly #listener: CheckListener;
  readonly #onEvent: () => void;
  readonly #all: NamedPath[] = [];
  #dirty = new Set<NamedPath>();

  /** @param onEvent called when a named path may have changed */
  constructor(tools: NamedPathTools, listener: CheckListener, onEvent: () => void) {
    this.#tools = tools;
    this.#listener = listener;
    this.#onEvent = onEvent;
  }

  get isDirty(): boolean {
    return this.#dirty.size > 0;
  }

  /** The named folders that are watched. */
  get folders(): BytePath[] {
    return this.#all.flatMap(({ folder }) => (folder === undefined ? [] : [folder]));
  }

  /** Whether a file was named itself. @param real absolute, without links */
  names(real: BytePath): boolean {
    return this.#all.some(({ entry, followed }) => entry !== undefined && followed.resolution.real === real);
  }

  /** Starts watching a path in its current state. @returns whether it exists */
  async add(path: BytePath, shown: BytePath, isTree: boolean): Promise<boolean> {
    const followed = new FollowedPath(path, this.#tools.events, () => {
      if (named.entry !== undefined) named.entry.touched = true;
      this.#dirty.add(named);
      this.#onEvent();
    });
    const named: NamedPath = { followed, shown, isTree, entry: undefined, folder: undefined };
    this.#all.push(named);
    const { real, isFolder, error } = await followed.follow();
    this.#tellError(named, error);
    if (real === undefined) return false;
    if (this.#tools.rules.ignoresNamed(path, isFolder)) return true;
    if (isFolder && isTree) {
      named.folder = real;
      await this.#tools.places.enterNamed(real, shown, false);
    } else {
      named.entry = { kind: 'file', fingerprint: undefined, touched: false };
      this.#tools.baseline.add(parentOf(path), nameOf(path), named.entry, this.#tools.events.isPolled(real));
    }
    return true;
  }

  /** Watches named folders again that rules have removed. Named folders override all rules but `ignore`. */
  async enterAll(): Promise<void> {
    for (const { folder, shown, followed } of this.#all) {
      if (folder === undefined || this.#tools.rules.ignoresNamed(followed.path, true)) continue;
      await this.#tools.places.enterNamed(folder, shown, false);
    }
  }

  /** Removes and returns the paths that must be checked. */
  takeDirty(): NamedPath[] {
    const dirty = [...this.#dirty];
    this.#dirty = new Set();
    return dirty;
  }

  /** Checks a path, as {@link EntryCheck.check} does. @returns whether it has disappeared since the last check */
  async check(named: NamedPath, confirmed: boolean): Promise<boolean> {
    const { followed } = named;
    const { real, isFolder, error } = await followed.follow();
    this.#tellError(named, error);
    if (real === undefined) {
      const isGone = named.entry !== undefined || named.folder !== undefined;
      if (isGone && confirmed) this.#remove(named);
      return isGone && !confirmed;
    }
    if (this.#tools.rules.ignoresNamed(followed.path, isFolder)) return false;
    if (isFolder && named.isTree) await this.#checkFolder(named, real);
    else await this.#checkFile(named, real);
    return false;
  }

  close(): void {
    for (const { followed } of this.#all) followed.close();
  }

  async #checkFolder(named: NamedPath, real: BytePath): Promise<void> {
    named.entry = undefined;
    named.folder = real;
    const isWatched = this.#tools.tree.folders.has(real);
    await this.#tools.places.enterNamed(real, named.shown, true);
    // If it was deleted meanwhile, that event triggers another check.
    const stats = isWatched
      ? await lstat(toFsPath(real)).catch(ignoreError('watch', 'looking at a watched path'))
      : undefined;
    if (stats !== undefined) this.#tools.check.checkFolder(real, stats);
  }

  async #checkFile(named: NamedPath, real: BytePath): Promise<void> {
    const { entry, followed, shown } = named;
    named.folder = undefined;
    if (entry !== undefined) entry.touched = false;
    const fingerprint = await this.#tools.check.fingerprint(toFsPath(followed.path));
    const what = entry === undefined ? 'created' : compareFingerprints(entry.fingerprint, fingerprint);
    named.entry = { kind: 'file', touched: false, ...entry, fingerprint };
    const before = entry === undefined ? MISSING : entry.fingerprint;
    if (what !== undefined) this.#listener.onChange(real, shown, what, { before, now: fingerprint });
  }

  #remove(named: NamedPath): void {
    if (named.folder !== undefined) this.#tools.check.removeFolder(named.folder);
    const { entry, followed, shown } = named;
    const states = { before: entry?.fingerprint, now: MISSING };
    if (entry !== undefined) this.#listener.onChange(followed.path, shown, 'deleted', states);
    named.folder = undefined;
    named.entry = undefined;
  }

  #tellError({ followed }: NamedPath, error: string): void {
    if (error !== '' && error !== 'ENOENT' && error !== 'ENOTDIR') this.#listener.onError(followed.path, error);
  }
}
