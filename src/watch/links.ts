import { type BytePath, join } from './byte-path.js';
import type { FolderTree } from './folder-tree.js';
import type { Places } from './places.js';
import type { FolderEvents } from './system/folder-events.js';
import { FollowedPath } from './system/followed-path.js';
import type { WatchedFolder } from './watched-folder.js';

interface Link {
  folder: WatchedFolder;
  name: string;
  followed: FollowedPath;
}

/** Connects links to the code around them. */
export interface LinksListener {
  /** The target of a link may have changed. */
  onEvent(folder: WatchedFolder, name: string): void;
  onError(path: BytePath, code: string): void;
  /** Whether a folder holds no real files, such as /proc. */
  isPseudo(folder: BytePath): boolean;
}

/** The links in watched folders. Their targets are watched too, wherever they are. */
export class Links {
  readonly #links = new Map<BytePath, Link>();
  readonly #waiting: Link[] = [];
  readonly #tree: FolderTree;
  readonly #places: Places;
  readonly #events: FolderEvents;
  readonly #listener: LinksListener;

  constructor(tree: FolderTree, places: Places, events: FolderEvents, listener: LinksListener) {
    this.#tree = tree;
    this.#places = places;
    this.#events = events;
    this.#listener = listener;
  }

  /** Adds a link that was found. {@link followAll} follows it. */
  add(folder: WatchedFolder, name: string): void {
    const path = join(folder.path, name);
    this.#links.get(path)?.followed.close();
    const followed = new FollowedPath(path, this.#events, () => this.#listener.onEvent(folder, name));
    const link = { folder, name, followed };
    this.#links.set(path, link);
    this.#waiting.push(link);
  }

  /** Follows all links that were found, including links found while doing so. */
  async followAll(): Promise<void> {
    for (let link = this.#waiting.shift(); link !== undefined; link = this.#waiting.shift()) {
      if (this.#links.get(link.followed.path) === link) await this.#follow(link);
    }
  }

  /** Follows a link again. @returns its previous and current target, if these are folders */
  async followAgain(path: BytePath): Promise<{ before: BytePath | undefined; now: BytePath | undefined }> {
    const link = this.#links.get(path);
    if (link === undefined) return { before: undefined, now: undefined };
    const before = folderOf(link);
    await this.#follow(link);
    return { before, now: folderOf(link) };
  }

  /** Whether a link's target is a file that is watched in its own place. */
  leadsToWatched(path: BytePath): boolean {
    const { real, isFolder } = this.#links.get(path)?.followed.resolution ?? {};
    if (real === undefined || isFolder) return false;
    const end = real.lastIndexOf('/');
    return this.#tree.folders.get(real.slice(0, end) as BytePath)?.entries.has(real.slice(end + 1)) ?? false;
  }

  /** Whether any link resolves to a file, which is watched then. @param real absolute, without links */
  leadTo(real: BytePath): boolean {
    return [...this.#links.values()].some(({ followed }) => followed.resolution.real === real);
  }

  /** Returns the folder that a link resolves to. */
  folderBehind(path: BytePath): BytePath | undefined {
    const link = this.#links.get(path);
    return link && folderOf(link);
  }

  /** Forgets links that are no longer watched. */
  forgetLeft(): void {
    for (const [path, { folder, name, followed }] of this.#links) {
      const isThere = this.#tree.folders.get(folder.path) === folder && folder.entries.get(name)?.kind === 'link';
      if (isThere) continue;
      followed.close();
      this.#links.delete(path);
    }
  }

  close(): void {
    for (const { followed } of this.#links.values()) followed.close();
  }

  async #follow(link: Link): Promise<void> {
    const { folder, name, followed } = link;
    const { real, isFolder, error } = await followed.follow();
    // A broken link is not reported: editors lock files that way, and a build may create its target later.
    if (error !== '' && error !== 'ENOENT' && error !== 'ENOTDIR') this.#listener.onError(followed.path, error);
    if (real === undefined || !isFolder) return;
    if (this.#listener.isPseudo(real)) return this.#listener.onError(followed.path, 'EPSEUDO');
    const shown = folder.shown === '' ? (name as BytePath) : join(folder.shown, name);
    // Only the link may be new. Its target existed before.
    await this.#places.enterLinked(real, shown);
  }
}

function folderOf({ followed: { resolution } }: Link): BytePath | undefined {
  return resolution.isFolder ? resolution.real : undefined;
}
