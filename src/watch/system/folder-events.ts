import type { Stats } from 'node:fs';
import type { BytePath } from '../byte-path.js';

/** Told of an entry of a folder that may have changed; undefined: of the folder itself, or of any entry. */
export type FolderListener = (name: string | undefined) => void;

/** Ends what was begun. */
export type Unsubscribe = () => void;

/** A folder that is watched. */
export interface Subscription {
  stop: Unsubscribe;
  /** Tells the folder from one that takes its place. */
  identity: string;
}

/** Tells a folder from one that takes its place, which can even have the same inode. */
export function identifyFolder({ dev, ino, birthtimeMs }: Stats): string {
  return `${dev}:${ino}:${birthtimeMs}`;
}

/** Where news of folders comes from: the system's events, or looking again and again. */
export interface FolderEvents {
  /**
   * Tells of every change among the entries of a folder from when it resolves until it is ended.
   * @throws the system's error, such as ENOSPC where no more folders can be watched
   */
  watchFolder(folder: BytePath, listener: FolderListener): Promise<Subscription>;
  /** The same for one entry of a folder, which need not be there; others may be told of as well. */
  watchName(folder: BytePath, name: string, listener: FolderListener): Promise<Unsubscribe>;
  close(): Promise<void>;
}

/** The same, where it depends on the folder how it is watched. */
export interface WatchEvents extends FolderEvents {
  /** Whether a folder is looked at again and again: what changes there is known later than it happened. */
  isPolled(folder: BytePath): boolean;
}
