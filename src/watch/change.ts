/** What happened to a file: it was created or deleted, or which part of it differs. */
export type WhatChanged = 'created' | 'deleted' | 'content' | 'kind' | 'link target' | 'executable bit';

/** A file, link or other entry that differs from what it was. Folders are not reported, only their entries. */
export interface Change {
  /** As shown to a person: relative to the service's folder, with `\xNN` for bytes that are not UTF-8. */
  path: string;
  /** Absolute, without links in its folders; bytes that are not UTF-8 look as in {@link path}. */
  absolute: string;
  what: WhatChanged;
  /** Its fingerprint (`os/fingerprint.ts`) before; `ENOENT` if it was not there, undefined if it was not known. */
  before: string | undefined;
  /** Its fingerprint now; `ENOENT` if it is not there. */
  now: string;
  /** When its first event arrived, by `performance.now()`; it is reported later, once changes have stopped. */
  noticedAtMs: number;
}

/** The fingerprint of what is not there. */
export const MISSING = 'ENOENT';

/** Two states of one file. */
export type FileStates = Pick<Change, 'before' | 'now'>;

/**
 * Compares two fingerprints of one path (see `os/fingerprint.ts`).
 * @param before undefined if it was not known: it was touched before its turn, and counts as changed
 * @returns undefined when nothing has changed
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
