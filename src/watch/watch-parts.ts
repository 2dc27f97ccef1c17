import { Baseline } from './baseline.js';
import type { BytePath } from './byte-path.js';
import { DirtyEntries } from './dirty-entries.js';
import { type CheckListener, EntryCheck } from './entry-check.js';
import { FolderTree } from './folder-tree.js';
import { Links } from './links.js';
import { NamedPaths } from './named-paths.js';
import { recognizeOwnOutput } from './own-output.js';
import { Places } from './places.js';
import { ServiceRules } from './rules/service-rules.js';
import { ChosenEvents, choosePolling } from './system/choose-events.js';
import type { WatchEvents } from './system/folder-events.js';
import { fileSystemOf, isPseudo, listMounts, type Mount } from './system/mounts.js';
import type { WatchProblems } from './watch-problems.js';
import type { WatchRequest } from './watch-request.js';
import type { Entry, WatchedFolder } from './watched-folder.js';

/** Limit for files watched in folders elsewhere that are only reachable by links. */
export const MAX_LINKED_FILES = 20_000;

/** Receives the reports of a watcher's parts. */
export interface PartsListener extends CheckListener {
  /** An entry may have changed. `name` undefined: any entry of the folder, or the folder itself. */
  onEvent(folder: WatchedFolder, name: string | undefined): void;
  /** An entry was created. */
  onCreated(folder: WatchedFolder, name: string, entry: Entry): void;
  /** A named path may have changed. */
  onNamedEvent(): void;
  /** A rule file may have changed. */
  onRulesChange(): void;
  /** The system may have dropped events. */
  onFlood(): void;
}

/** The parts of a watcher, connected to each other. */
export class WatchParts {
  readonly rules: ServiceRules;
  readonly events: WatchEvents;
  readonly tree: FolderTree;
  readonly places: Places;
  readonly links: Links;
  readonly check: EntryCheck;
  readonly named: NamedPaths;
  readonly dirty = new DirtyEntries();
  readonly baseline = new Baseline();
  #mounts: readonly Mount[] = [];
  #linkedFiles = 0;

  /** @param given replaces the event source chosen for the file system */
  constructor(request: WatchRequest, listener: PartsListener, problems: WatchProblems, given?: WatchEvents) {
    this.rules = new ServiceRules(request);
    this.events =
      given ??
      new ChosenEvents({
        poll: choosePolling(request.poll),
        mounts: () => this.#mounts,
        isIgnored: (path, name, isFolder) => {
          const folder = this.tree.folders.get(path);
          return folder !== undefined && this.rules.ignores(folder, name, isFolder);
        },
        onLimit: (code, folder) => problems.beyondLimit(code, folder),
        onPolling: (folder, why) => problems.polled(folder, why),
        onFlood: () => listener.onFlood(),
      });
    const isPseudoFolder = (folder: BytePath) => isPseudo(fileSystemOf(folder, this.#mounts));
    this.tree = new FolderTree({
      events: this.events,
      isPseudo: isPseudoFolder,
      isIgnored: (folder, name, isFolder) => {
        if (this.rules.ignores(folder, name, isFolder)) return true;
        const isTooMuch = folder.isLinked && !folder.entries.has(name) && this.#linkedFiles >= MAX_LINKED_FILES;
        if (isTooMuch) problems.linkedTreeTooLarge(folder.path, MAX_LINKED_FILES);
        return isTooMuch;
      },
      readRules: (folder, name, has) => this.rules.enter(folder, name, has),
      onFound: (folder, name, entry, isNew) => {
        if (folder.isLinked) this.#linkedFiles += 1;
        if (entry.kind === 'folder') return;
        this.baseline.add(folder.path, name, entry, folder.isPolled);
        // Docker sends a link as a link, so its target does not matter.
        if (entry.kind === 'link' && request.kind === 'process') this.links.add(folder, name);
        if (isNew) listener.onCreated(folder, name, entry);
      },
      onEvent: (folder, name) => listener.onEvent(folder, name),
      onError: (path, code) => listener.onError(path, code),
    });
    this.places = new Places(this.rules, this.tree, this.events, {
      onRulesChange: () => listener.onRulesChange(),
      onIgnored: (folder) => problems.ignoredProject(folder),
    });
    this.links = new Links(this.tree, this.places, this.events, {
      onEvent: (folder, name) => listener.onEvent(folder, name),
      onError: (path, code) => listener.onError(path, code),
      isPseudo: isPseudoFolder,
    });
    const { rules, tree, places, links, baseline } = this;
    this.check = new EntryCheck({ tree, links, rules, isOwnOutput: recognizeOwnOutput() }, listener);
    this.named = new NamedPaths(
      { tree, places, rules, baseline, events: this.events, check: this.check },
      listener,
      () => listener.onNamedEvent(),
    );
  }

  /** Call it before anything is watched. */
  async prepare(): Promise<void> {
    this.#mounts = await listMounts();
  }

  /** Forgets everything that is no longer watched. */
  tidy(): void {
    this.links.forgetLeft();
    this.places.forgetLeft();
    this.#linkedFiles = [...this.tree.folders.values()]
      .filter(({ isLinked }) => isLinked)
      .reduce((sum, { entries }) => sum + entries.size, 0);
  }

  async close(): Promise<void> {
    this.baseline.close();
    this.named.close();
    this.links.close();
    this.places.close();
    this.tree.close();
    await this.events.close();
  }
}
