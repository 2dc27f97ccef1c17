/** What happened to a file: it was created or deleted, or which aspect of it changed. */
export type WhatChanged = 'created' | 'deleted' | 'content' | 'kind' | 'link target' | 'executable bit';

/** A changed file, link or other entry. Folders are not reported, only their entries. */
export interface Change {
  /** Path for people: relative to the service's folder, with `\xNN` for bytes that are not UTF-8. */
  path: string;
  /** Absolute, without links in its folders. Bytes that are not UTF-8 are shown as in {@link path}. */
  absolute: string;
  what: WhatChanged;
  /** The previous fingerprint (`os/fingerprint.ts`); `ENOENT` if the file did not exist, undefined if it is unknown. */
  before: string | undefined;
  /** The current fingerprint; `ENOENT` if the file does not exist. */
  now: string;
  /** When its first event arrived, on the clock of `performance.now()`. It is reported later, once changes have stopped. */
  noticedAtMs: number;
}

/** The fingerprint of a missing file. */
export const MISSING = 'ENOENT';

/** Two states of one file. */
export type FileStates = Pick<Change, 'before' | 'now'>;

/**
 * Compares two fingerprints of one path (see `os/fingerprint.ts`).
 * @param before undefined if unknown: the file was touched before it was first read, and counts as changed
 * @returns undefined if nothing has changed
 */
export function compareFingerprints(before: string | undefined, now: string): WhatChanged | undefined {
  if (before === now) return undefined;
  if (before === undefined) return 'content';
  const [old, current] = [parts(before), parts(now)];
  if (old.kind !== current.kind) return 'kind';
  if (old.kind === 'link' && old.target !== current.target) return 'link target';
  return old.executable === current.executable || old.content !== current.content ? 'content' : 'executable bit';
}

function parts(fingerprint: string): { kind: string; target: string; executable: boolean; content: string } {
  const [, kind = '', rest = ''] = /^(\S+) ?(.*)$/s.exec(fingerprint) ?? [];
  const [, target = '', shown = rest] =
    kind === 'link' ? (/^(.*?) ?((?:file|folder|named pipe|socket|device|E[A-Z]+).*)?$/s.exec(rest) ?? []) : [];
  return { kind, target, executable: shown.startsWith('executable '), content: shown.replace(/^executable /, '') };
}
