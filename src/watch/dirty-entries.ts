import type { WatchedFolder } from './watched-folder.js';

/** Entries and folders that may have changed and have not been checked yet. */
export class DirtyEntries {
  #entries = new Map<WatchedFolder, Set<string>>();
  #folders = new Set<WatchedFolder>();

  get isEmpty(): boolean {
    return this.#entries.size === 0 && this.#folders.size === 0;
  }

  /** Marks an entry. If it has no fingerprint yet, it counts as changed. */
  add(folder: WatchedFolder, name: string): void {
    const entry = folder.entries.get(name);
    if (entry !== undefined) entry.touched = true;
    const names = this.#entries.get(folder) ?? new Set();
    this.#entries.set(folder, names.add(name));
  }

  /** Marks a folder, which may have been replaced, or any of whose entries may have changed. */
  addFolder(folder: WatchedFolder): void {
    this.#folders.add(folder);
  }

  /** Marks entries again that were marked before their folder was listed. */
  touchAll(): void {
    for (const [folder, names] of this.#entries) {
      for (const name of names) this.add(folder, name);
    }
  }

  takeFolders(): WatchedFolder[] {
    const folders = [...this.#folders];
    this.#folders = new Set();
    return folders;
  }

  takeEntries(): [WatchedFolder, string][] {
    const entries = [...this.#entries].flatMap(([folder, names]) =>
      [...names].map((name): [WatchedFolder, string] => [folder, name]),
    );
    this.#entries = new Map();
    return entries;
  }
}
