import type { Selectable } from 'kysely';
import { STATUSES, type Status, type TerminationKind, type TerminationReason } from '../contract/status.js';
import type { Store, Tables } from './tables.js';

/** A status that a backend reached. */
export interface StatusRow {
  status: Status;
  /** Not before the time of the status before it. */
  time: Date;
  reason?: TerminationReason;
  kind?: TerminationKind;
  exitError?: boolean;
}

/** The place of a status in the order in which a backend goes through them. */
export function rankOf(status: Status): number {
  return STATUSES.indexOf(status);
}

/**
 * Adds a status. Any number of programs may add what they saw of the same backend: each status is kept once, and none that
 * is not a step forward.
 * @returns whether it was new; false as well for a backend that is not there
 */
export async function addStatus(store: Store, id: string, row: StatusRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await store
    .insertInto('backend_statuses')
    .values({
      backend_id: id,
      rank: rankOf(row.status),
      status: row.status,
      time: row.time,
      reason: row.reason ?? null,
      kind: row.kind ?? null,
      exit_error: row.exitError ?? null,
    })
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** The statuses of a backend in order: all, or those after one that is known. */
export async function statusesAfter(store: Store, id: string, after: Status | undefined): Promise<StatusRow[]> {
  const rows = await store
    .selectFrom('backend_statuses')
    .selectAll()
    .where('backend_id', '=', id)
    .where('rank', '>', after === undefined ? -1 : rankOf(after))
    .orderBy('rank')
    .execute();
  return rows.map(toStatusRow);
}

/** The statuses of several backends, each in order. */
export async function historiesOf(store: Store, ids: readonly string[]): Promise<Map<string, StatusRow[]>> {
  const histories = new Map<string, StatusRow[]>(ids.map((id) => [id, []]));
  if (ids.length === 0) return histories;
  const rows = await store
    .selectFrom('backend_statuses')
    .selectAll()
    .where('backend_id', 'in', [...ids])
    .orderBy('rank')
    .execute();
  for (const row of rows) histories.get(row.backend_id)?.push(toStatusRow(row));
  return histories;
}

function toStatusRow({ status, time, reason, kind, exit_error }: Selectable<Tables['backend_statuses']>): StatusRow {
  return {
    status,
    time,
    ...(reason === null ? {} : { reason }),
    ...(kind === null ? {} : { kind }),
    ...(exit_error === null ? {} : { exitError: exit_error }),
  };
}
