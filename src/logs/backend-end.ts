import { join } from 'node:path';
import type { DevBackend } from '../contract/dev-endpoints.js';
import { isPublicStatus } from '../contract/statuses.js';
import type { PublicStatus } from '../contract/wire-types.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { readOwnFile, writeOwnFile } from '../records/own-file.js';
import type { LogOwner } from './backend-log.js';

/** What is known of a backend whose dev server wrote no end of it. */
const LOST_WITH_SERVER = 'its dev server was killed';

/** How a backend ended; kept next to its log. */
export interface BackendEnd {
  status: PublicStatus;
  /** See `Backend.explanation`. */
  explanation: string | null;
}

const END_FILE = 'end.json';

/** Keeps how a backend ended, in the folder of its log. Best effort: a full disk must not hold up the end. */
export function writeBackendEnd(folder: string, end: BackendEnd): void {
  try {
    writeOwnFile(join(folder, END_FILE), `${JSON.stringify(end)}\n`, false);
  } catch (error) {
    noteHandled('logs', 'recording the end of a backend', error);
  }
}

/** @returns undefined for a backend that has not ended, or whose dev server was killed before it did */
export function readBackendEnd(folder: string): BackendEnd | undefined {
  try {
    const end = JSON.parse(readOwnFile(join(folder, END_FILE)) ?? 'null') as Partial<BackendEnd> | null;
    return isPublicStatus(end?.status) ? { status: end.status, explanation: end.explanation ?? null } : undefined;
  } catch (error) {
    noteHandled('logs', 'reading how a backend ended', error);
    return undefined;
  }
}

/** Whether a backend ended by a failure of its own. */
export function hasCrashed(end: BackendEnd | undefined): boolean {
  return end?.status.exit_error === true && end.status.termination_reason === undefined;
}

/** A backend of an earlier run, as far as its log tells: the end of one that outlived its dev server is not known. */
export function toEndedBackend(owner: LogOwner, end: BackendEnd | undefined): DevBackend {
  return {
    id: owner.backendId,
    service: owner.service,
    key: owner.key,
    key_given: owner.keyGiven ?? true,
    created_at: owner.createdAt,
    status: end?.status ?? { status: 'terminated', time: owner.createdAt, termination_reason: 'lost' },
    explanation: end === undefined ? LOST_WITH_SERVER : end.explanation,
    connections: 0,
    memory: null,
    cpu: null,
  };
}
