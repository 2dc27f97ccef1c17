import { EventEmitter } from 'node:events';
import { lstat } from 'node:fs/promises';
import { ignoreError } from '../os/debug/debug-log.js';
import { mapLimited } from '../os/limit.js';
import { type BytePath, join, nameOf, parentOf, relativeTo, toBytePath, toFsPath } from './byte-path.js';
import type { Change } from './change.js';
import { ChangeBatch } from './change-batch.js';
import type { NamedPath } from './named-paths.js';
import { leaveUnreachable } from './reachable.js';
import { Settling } from './settling.js';
import type { WatchEvents } from './system/folder-events.js';
import { WatchParts } from './watch-parts.js';
import { WatchProblems } from './watch-problems.js';
import type { WatchRequest } from './watch-request.js';
import type { Entry, WatchedFolder } from './watched-folder.js';

/** How long a file must be missing to count as deleted: editors and tools often delete a file before writing it again. */
const VANISHED_MS = 100;
/** How many entries are checked at once: half of Node.js' threads are left to the rest of jamdev. */
const CHECKED_AT_ONCE = 2;
/** An entry of a new folder that must be reported. */
type Created = [folder: WatchedFolder, name: string, entry: Entry];

/** Limit for nested folders that are replaced at once. They are found one level at a time. */
const MAX_ROUNDS = 100;

export interface FileWatcherEvents {
  /** Files have changed since the last report; newest first, never empty. */
  changed: [changes: Change[]];
  /** Something is not watched, or not as usual. A JamdevError says what and why. Each problem is reported once. */
  problem: [error: NodeJS.ErrnoException];
}

/**
 * Watches the files of one service and reports changes once files have stopped changing.
 *
 * A file counts as changed if its content, kind, link target or executable bit differ from the last known state. A system
 * event is only a hint to check the entry; the state on disk decides. So no order of events, no editor's way of saving and
 * no extra event can invent or hide a change.
 */
export class FileWatcher {
  readonly events = new EventEmitter<FileWatcherEvents>();
  readonly #request: WatchRequest;
  readonly #parts: WatchParts;
  readonly #problems = new WatchProblems((error) => this.events.emit('problem', error));
  readonly #batch = new ChangeBatch();
  readonly #settling: Settling;
  #created: Created[] = [];
  #lastEventMs = 0;
  /** Whether rule files may have changed: in a watched folder (`within`) or elsewhere. */
  #changedRules: 'none' | 'elsewhere' | 'within' = 'none';
  #started = false;
  #closed = false;

  /** @param events replaces the event source chosen for the file system; for tests and for counting */
  constructor(request: WatchRequest, events?: WatchEvents) {
    this.#request = request;
    const listener = {
      onEvent: (folder: WatchedFolder, name: string | undefined) => this.#onEvent(folder, name),
      onCreated: (...found: Created) => this.#created.push(found),
      onNamedEvent: () => this.#touch(),
      onRulesChange: () => {
        if (this.#changedRules === 'none') this.#changedRules = 'elsewhere';
        this.#touch();
      },
      onFlood: () => this.#onFlood(),
      onChange: (...change: Parameters<ChangeBatch['add']>) => this.#batch.add(...change),
      onReplaced: (folder: WatchedFolder) => this.#parts.dirty.addFolder(folder),
      onError: (path: BytePath, code: string) => this.#problems.unwatchable(path, code),
    };
    this.#parts = new WatchParts(request, listener, this.#problems, events);
    this.#settling = new Settling({
      isDirty: () => this.#isDirty,
      look: () => this.#look(),
      isHeld: () => this.#parts.places.gitLock.isHeld(performance.now() - this.#lastEventMs),
      deliver: () => {
        const changes = this.#batch.take();
        if (changes.length > 0) this.events.emit('changed', changes);
      },
      onFault: (error) => this.events.emit('problem', error as NodeJS.ErrnoException),
    });
  }

  /**
   * Starts watching. Resolves when every later change will be noticed. The initial state of files is recorded after that, in
   * the background. A file that is touched before it was read counts as changed.
   */
  async start(): Promise<void> {
    const { rules, named, links, baseline } = this.#parts;
    await this.#parts.prepare();
    const root = toBytePath(this.#request.root);
    for (const text of this.#request.paths) {
      const path = toBytePath(text);
      if (!(await named.add(path, relativeTo(root, path), true))) this.#problems.missing(path);
    }
    const files = [...this.#request.files.map(toBytePath), ...(await rules.buildFiles())];
    for (const path of new Set(files)) await named.add(path, relativeTo(root, path), false);
    await links.followAll();
    this.#problems.tellLimit();
    if (this.#closed) return;
    this.#started = true;
    // Events that arrived while folders were still being listed.
    this.#parts.dirty.touchAll();
    baseline.run();
    if (this.#isDirty) this.#touch();
  }

  /** Resolves when the state of every file is recorded. After that, touching a file does not count as a change. */
  compared(): Promise<void> {
    return this.#parts.baseline.done();
  }

  /** The watched folders, by their real path. */
  get folders(): readonly BytePath[] {
    return [...this.#parts.tree.folders.keys()];
  }

  /**
   * Whether changes to a file go unnoticed unintentionally, because rules exclude it or because it is elsewhere.
   * @param path absolute, without links
   */
  misses(path: string): boolean {
    const file = toBytePath(path);
    const { tree, named, links, rules } = this.#parts;
    const isListed = tree.folders.get(parentOf(file))?.entries.has(nameOf(file)) ?? false;
    return !isListed && !named.names(file) && !links.leadTo(file) && !rules.ignoresNamed(file, false);
  }

  /** Whether changes are being held back. */
  get paused(): boolean {
    return this.#settling.paused;
  }

  /** Holds changes back until {@link resume}, which reports them. */
  pause(): void {
    this.#settling.pause();
  }

  resume(): void {
    this.#settling.resume();
  }

  /** Resolves when all changes made before the call are reported, unless reporting is paused. */
  settled(): Promise<void> {
    return this.#settling.settled();
  }

  /** Returns the changes that a pause holds back. They are still reported after it. */
  async heldBack(): Promise<readonly Change[]> {
    if (!this.paused) return [];
    await this.#settling.check();
    return this.#batch.changes;
  }

  /** Stops watching. Nothing is reported after that. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#settling.close(), this.#parts.close()]);
  }

  get #isDirty(): boolean {
    return !this.#parts.dirty.isEmpty || this.#parts.named.isDirty || this.#changedRules !== 'none';
  }

  #onEvent(folder: WatchedFolder, name: string | undefined): void {
    if (name === undefined) {
      this.#parts.dirty.addFolder(folder);
      return this.#touch();
    }
    const makesRules = folder.rules.isRuleFile(name);
    if (makesRules) this.#changedRules = 'within';
    const isIgnored = (isFolder: boolean) => this.#parts.rules.ignores(folder, name, isFolder);
    if (!makesRules && !folder.entries.has(name) && isIgnored(false) && isIgnored(true)) return;
    this.#parts.dirty.add(folder, name);
    this.#batch.notice(join(folder.path, name));
    this.#touch();
  }

  /** Compares everything that is watched, since events may have been lost. */
  #onFlood(): void {
    const { tree, dirty } = this.#parts;
    for (const folder of tree.folders.values()) {
      dirty.addFolder(folder);
      for (const name of folder.entries.keys()) dirty.add(folder, name);
    }
    this.#touch();
  }

  #touch(): void {
    this.#lastEventMs = performance.now();
    if (!this.#started || this.#closed) return;
    this.#settling.touch();
  }

  /** Checks the entries that may have changed. @returns whether it found new changes */
  async #look(): Promise<boolean> {
    const before = this.#batch.size;
    const { named, links, tree, baseline } = this.#parts;
    const vanished: (() => Promise<unknown>)[] = [];
    for (const each of named.takeDirty()) await this.#lookAtNamed(each, vanished);
    await this.#lookAtDirty(vanished);
    // Check entries first: those found so far are new. Entries that only appear through changed rules existed before and
    // don't count as changes.
    if (this.#changedRules !== 'none') await this.#applyRules();
    await this.#lookAtDirty(vanished);
    if (vanished.length > 0) {
      await new Promise((resolve) => setTimeout(resolve, VANISHED_MS));
      for (const confirm of vanished) await confirm();
    }
    await links.followAll();
    await this.#tellCreated();
    if (this.#batch.size > before) await leaveUnreachable(tree, links, named.folders);
    this.#parts.tidy();
    this.#problems.tellLimit();
    baseline.run();
    return this.#batch.size > before;
  }

  async #applyRules(): Promise<void> {
    const isWithin = this.#changedRules === 'within';
    this.#changedRules = 'none';
    await this.#parts.places.reload(isWithin);
    await this.#parts.named.enterAll();
  }

  async #lookAtNamed(named: NamedPath, vanished: (() => Promise<unknown>)[]): Promise<void> {
    const isGone = await this.#parts.named.check(named, false);
    if (isGone) vanished.push(() => this.#parts.named.check(named, true));
  }

  async #lookAtDirty(vanished: (() => Promise<unknown>)[]): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS && !this.#parts.dirty.isEmpty && !this.#closed; round += 1) {
      await this.#lookAtFolders();
      await this.#lookAtEntries(vanished);
      await this.#tellCreated();
    }
  }

  async #tellCreated(): Promise<void> {
    const created = this.#created;
    this.#created = [];
    await mapLimited(created, CHECKED_AT_ONCE, (found) => this.#parts.check.tellCreated(...found));
  }

  async #lookAtFolders(): Promise<void> {
    const { dirty, tree } = this.#parts;
    for (const folder of dirty.takeFolders()) {
      const stats = await lstat(toFsPath(folder.path)).catch(ignoreError('watch', 'looking at a watched folder'));
      // A deleted folder is reported by its parent.
      if (stats === undefined || tree.folders.get(folder.path) !== folder) continue;
      const wasCurrent = tree.isCurrent(folder, stats);
      await tree.enterAgain(folder);
      for (const [name, { kind, fingerprint }] of folder.entries) {
        // Of the entries not read yet, only those that may have been replaced count as changed.
        if (!wasCurrent || kind === 'folder' || fingerprint !== undefined) dirty.add(folder, name);
      }
    }
  }

  async #lookAtEntries(vanished: (() => Promise<unknown>)[]): Promise<void> {
    const { dirty, check } = this.#parts;
    await mapLimited(dirty.takeEntries(), CHECKED_AT_ONCE, async ([folder, name]) => {
      const isGone = await check.check(folder, name, false);
      if (isGone) vanished.push(() => check.check(folder, name, true));
    });
  }
}
