import { join } from 'node:path';
import type { DevBackend } from '../contract/dev-endpoints.js';
import { isPublicStatus } from '../contract/statuses.js';
import type { PublicStatus } from '../contract/wire-types.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { readOwnFile, writeOwnFile } from '../records/own-file.js';
import type { LogOwner } from './backend-log.js';

/** Explanation for a backend whose end was never recorded by its dev server. */
const LOST_WITH_SERVER = 'its dev server was killed';

/** How a backend ended; stored next to its log. */
export interface BackendEnd {
  status: PublicStatus;
  /** See `Backend.explanation`. */
  explanation: string | null;
}

const END_FILE = 'end.json';

/** Records how a backend ended, in the folder of its log. Best effort: a full disk must not delay the end. */
export function writeBackendEnd(folder: string, end: BackendEnd): void {
  try {
    writeOwnFile(join(folder, END_FILE), `${JSON.stringify(end)}\n`, false);
  } catch (error) {
    noteHandled('logs', 'recording the end of a backend', error);
  }
}

/** @returns undefined for a backend that has not ended, or whose dev server was killed first */
export function readBackendEnd(folder: string): BackendEnd | undefined {
  try {
    const end = JSON.parse(readOwnFile(join(folder, END_FILE)) ?? 'null') as Partial<BackendEnd> | null;
    return isPublicStatus(end?.status) ? { status: end.status, explanation: end.explanation ?? null } : undefined;
  } catch (error) {
    noteHandled('logs', 'reading how a backend ended', error);
    return undefined;
  }
}

/** Whether a backend failed by itself. */
export function hasCrashed(end: BackendEnd | undefined): boolean {
  return end?.status.exit_error === true && end.status.termination_reason === undefined;
}

/** Describes a backend of an earlier run from its log. If it outlived its dev server, its end is unknown. */
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
