import type { BytePath } from './byte-path.js';
import type { FolderRules } from './rules/folder-rules.js';
import type { Unsubscribe } from './system/folder-events.js';

/** What an entry of a folder is; `other` is a pipe, a socket or a device. */
export type EntryKind = 'file' | 'folder' | 'link' | 'other';

/** An entry of a watched folder that is not ignored. */
export interface Entry {
  kind: EntryKind;
  /** Its fingerprint at the last check (`os/fingerprint.ts`); undefined before the first one, and for folders. */
  fingerprint: string | undefined;
  /** Whether it may have changed before its first check. */
  touched: boolean;
}

/** A folder that is watched, by its real path: each is watched once, whatever links lead to it. */
export interface WatchedFolder {
  path: BytePath;
  /** As shown to a person, relative to the service's folder; '' for that itself. */
  shown: BytePath;
  /** Whether it was reached by a link that leads outside of what is watched: all of those together have a limit. */
  isLinked: boolean;
  /** Whether its changes are noticed late. */
  isPolled: boolean;
  rules: FolderRules;
  entries: Map<string, Entry>;
  /** Distinguishes it from a folder that replaces it. */
  identity: string;
  /** Why its entries can't be listed; '' if they can. */
  error: string;
  stop: Unsubscribe;
}
