import type { Stats } from 'node:fs';
import type { BytePath } from '../byte-path.js';

/** Called with an entry of a folder that may have changed; undefined: the folder itself, or any entry. */
export type FolderListener = (name: string | undefined) => void;

/** Ends a subscription. */
export type Unsubscribe = () => void;

/** A watched folder. */
export interface Subscription {
  stop: Unsubscribe;
  /** Distinguishes the folder from one that replaces it. */
  identity: string;
}

/** Distinguishes a folder from one that replaces it, which may even have the same inode. */
export function identifyFolder({ dev, ino, birthtimeMs }: Stats): string {
  return `${dev}:${ino}:${birthtimeMs}`;
}

/** A source of changes in folders: the system's events, or polling. */
export interface FolderEvents {
  /**
   * Reports every change to the entries of a folder, from when it resolves until the subscription ends.
   * @throws the system's error, such as ENOSPC if no more folders can be watched
   */
  watchFolder(folder: BytePath, listener: FolderListener): Promise<Subscription>;
  /** Does the same for one entry of a folder, which need not exist. Other entries may be reported as well. */
  watchName(folder: BytePath, name: string, listener: FolderListener): Promise<Unsubscribe>;
  close(): Promise<void>;
}

/** Chooses per folder between the system's events and polling. */
export interface WatchEvents extends FolderEvents {
  /** Whether a folder is polled, so that its changes are noticed late. */
  isPolled(folder: BytePath): boolean;
}
