import { type Selectable, sql } from 'kysely';
import type { Status, TerminationKind, TerminationReason } from '../contract/status.js';
import { STATUSES } from '../contract/statuses.js';
import { SCHEMA } from './migrate.js';
import type { Store, Tables } from './tables.js';

/** A status that a backend reached. */
export interface StatusRow {
  status: Status;
  /** Never earlier than the time of the previous status. */
  time: Date;
  reason?: TerminationReason;
  kind?: TerminationKind;
  exitError?: boolean;
}

/** Returns the position of a status in the order that backends pass through. */
export function rankOf(status: Status): number {
  return STATUSES.indexOf(status);
}

/**
 * Adds a status. Several processes may report the same backend: each status is stored once, and only if it is a step
 * forward.
 * @returns whether the status was new; also false for an unknown backend
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

/** Returns the statuses of a backend in order: all, or those after a known one. */
export async function statusesAfter(store: Store, id: string, after: Status | undefined): Promise<StatusRow[]> {
  const rows = await store
    .selectFrom('backend_statuses')
    .select(['status', 'time', 'reason', 'kind', 'exit_error'])
    .where('backend_id', '=', id)
    .where('rank', '>', after === undefined ? -1 : rankOf(after))
    .orderBy('rank')
    .execute();
  return rows.map(toStatusRow);
}

/** A status in the JSON of {@link HISTORY}. */
type StatusTuple = [
  status: Status,
  time: string,
  reason: TerminationReason | null,
  kind: TerminationKind | null,
  exitError: boolean | null,
];

/**
 * A column with all statuses of a row of `backends` in order, so that a backend and its history are read in one
 * statement.
 */
export const HISTORY = sql<StatusTuple[]>`(
  select coalesce(json_agg(json_build_array(status, time, reason, kind, exit_error) order by rank), '[]')
  from ${sql.table(`${SCHEMA}.backend_statuses`)} where backend_id = backends.id
)`;

/** Converts a status in the JSON of {@link HISTORY}. */
export function fromTuple([status, time, reason, kind, exit_error]: StatusTuple): StatusRow {
  return toStatusRow({ status, time: new Date(time), reason, kind, exit_error });
}

type StatusColumns = Omit<Selectable<Tables['backend_statuses']>, 'backend_id' | 'rank'>;

function toStatusRow({ status, time, reason, kind, exit_error }: StatusColumns): StatusRow {
  return {
    status,
    time,
    ...(reason === null ? {} : { reason }),
    ...(kind === null ? {} : { kind }),
    ...(exit_error === null ? {} : { exitError: exit_error }),
  };
}
