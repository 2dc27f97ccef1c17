import type { BytePath } from './byte-path.js';
import type { FolderRules } from './rules/folder-rules.js';
import type { Unsubscribe } from './system/folder-events.js';

/** The kind of a folder's entry; `other` is a pipe, a socket or a device. */
export type EntryKind = 'file' | 'folder' | 'link' | 'other';

/** An entry of a watched folder that is not ignored. */
export interface Entry {
  kind: EntryKind;
  /** Its fingerprint at the last check (`os/fingerprint.ts`); undefined before the first one, and for folders. */
  fingerprint: string | undefined;
  /** Whether it may have changed before its first check. */
  touched: boolean;
}

/** A watched folder, identified by its real path. It is watched once, whatever links lead to it. */
export interface WatchedFolder {
  path: BytePath;
  /** Path for people, relative to the service's folder; '' for the service's folder itself. */
  shown: BytePath;
  /** Whether it was reached through a link that points outside of the watched folders. Such folders share a limit. */
  isLinked: boolean;
  /** Whether its changes are noticed late, because it is polled. */
  isPolled: boolean;
  rules: FolderRules;
  entries: Map<string, Entry>;
  /** Distinguishes it from a folder that replaces it. */
  identity: string;
  /** Why its entries can't be listed; '' if they can. */
  error: string;
  stop: Unsubscribe;
}
