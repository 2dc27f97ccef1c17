import { type BytePath, isWithin } from './byte-path.js';
import type { FolderTree } from './folder-tree.js';
import { GitLock } from './git-lock.js';
import type { ServiceRules } from './rules/service-rules.js';
import type { FolderEvents } from './system/folder-events.js';
import { FollowedPath } from './system/followed-path.js';

export interface PlacesEvents {
  /** A rule file may have changed. */
  onRulesChange(): void;
  /** git's rules ignore a folder that is watched anyway. */
  onIgnored(folder: BytePath): void;
}

/** The folders at which watching begins, each with the rules that apply there. */
export class Places {
  readonly gitLock = new GitLock();
  readonly #rules: ServiceRules;
  readonly #tree: FolderTree;
  readonly #events: FolderEvents;
  readonly #listener: PlacesEvents;
  /** Digest of each folder's rules, to notice when they change. */
  readonly #signatures = new Map<BytePath, string>();
  readonly #sources = new Map<BytePath, FollowedPath>();

  constructor(rules: ServiceRules, tree: FolderTree, events: FolderEvents, listener: PlacesEvents) {
    this.#rules = rules;
    this.#tree = tree;
    this.#events = events;
    this.#listener = listener;
  }

  /**
   * Starts watching a named folder. Does nothing if it is already watched.
   * @param real absolute, without links
   */
  async enterNamed(real: BytePath, shown: BytePath, isNew: boolean): Promise<void> {
    if (!this.#tree.folders.has(real)) await this.#enter(real, shown, false, isNew);
  }

  /**
   * Starts watching the target folder of a link. A folder inside a watched place is left to the rules there. A folder that
   * contains such a place would be a cycle.
   */
  async enterLinked(real: BytePath, shown: BytePath): Promise<void> {
    const isCovered = [...this.#signatures.keys()].some((place) => isWithin(real, place) || isWithin(place, real));
    if (!isCovered) await this.#enter(real, shown, true, false);
  }

  /**
   * Reads the rules again and applies them where they have changed.
   * @param changedWithin whether a `.gitignore` below one of the places has changed
   */
  async reload(changedWithin: boolean): Promise<void> {
    for (const source of this.#sources.values()) await source.follow();
    for (const [place, before] of this.#signatures) {
      const { rules, signature } = await this.#read(place);
      this.#signatures.set(place, signature);
      const folder = this.#tree.folders.get(place);
      if (folder !== undefined && (changedWithin || signature !== before))
        await this.#tree.applyRules(folder, async () => rules);
    }
  }

  /** Forgets places that are no longer watched. */
  forgetLeft(): void {
    for (const place of this.#signatures.keys()) {
      if (!this.#tree.folders.has(place)) this.#signatures.delete(place);
    }
  }

  close(): void {
    for (const source of this.#sources.values()) source.close();
  }

  async #enter(path: BytePath, shown: BytePath, isLinked: boolean, isNew: boolean): Promise<void> {
    this.#signatures.set(path, '');
    const { rules, signature, isIgnored } = await this.#read(path);
    this.#signatures.set(path, signature);
    if (isIgnored && !isLinked) this.#listener.onIgnored(path);
    await this.#tree.enter({ path, shown, isLinked, readRules: async () => rules }, isNew);
  }

  async #read(place: BytePath) {
    const found = await this.#rules.read(place);
    if (found.gitDir !== undefined) this.gitLock.add(found.gitDir);
    for (const path of found.sources) {
      if (this.#sources.has(path)) continue;
      const source = new FollowedPath(path, this.#events, () => this.#listener.onRulesChange());
      this.#sources.set(path, source);
      await source.follow();
    }
    return found;
  }
}
