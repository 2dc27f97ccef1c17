import type { Stats } from 'node:fs';
import type { BytePath } from '../byte-path.js';

/** Receives an entry of a folder that may have changed; undefined: the folder itself, or any entry. */
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

/** A source of changes in folders: the system's events, or polling. */
export interface FolderEvents {
  /**
   * Reports every change to the entries of a folder, from when it resolves until it is ended.
   * @throws the system's error, such as ENOSPC where no more folders can be watched
   */
  watchFolder(folder: BytePath, listener: FolderListener): Promise<Subscription>;
  /** The same for one entry of a folder, which need not exist; other entries may be reported as well. */
  watchName(folder: BytePath, name: string, listener: FolderListener): Promise<Unsubscribe>;
  close(): Promise<void>;
}

/** The same, where it depends on the folder how it is watched. */
export interface WatchEvents extends FolderEvents {
  /** Whether a folder is polled: its changes are noticed late. */
  isPolled(folder: BytePath): boolean;
}
