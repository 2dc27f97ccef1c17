import { findByName } from '../contract/backend-name.js';
import type { LogRecordJson } from '../contract/dev-endpoints.js';
import { backendErrors } from '../contract/errors/backend-errors.js';
import { describeStatus } from '../contract/status-words.js';
import type { LinesQuery } from '../plane/drone-output.js';
import { toHistory } from '../plane/history.js';
import { type LogSources, openSessionLog } from '../plane/session-log.js';
import type { TimedLine } from '../plane/timed-lines.js';
import type { BackendState } from '../platform/backend-state.js';
import type { ControlPlane } from '../platform/control-plane.js';
import { toPublicStatus } from '../platform/status-formats.js';
import { type BackendRow, findPublic } from '../store/backends.js';
import { listRecent } from '../store/recent-backends.js';
import type { Store } from '../store/tables.js';

/** The statuses of a backend without a container. */
const WITHOUT_CONTAINER = ['scheduled', 'loading', 'starting'];

/** The sources of the logs for jamdev's command line. */
export interface CommandLogs extends LogSources {
  controlPlane: ControlPlane;
}

/**
 * Finds a backend of an account by its id, its key or SERVICE/KEY.
 * @throws JamdevError `BackendNotFound`, or `InvalidRequest` if several services have the key
 */
export async function findNamed(store: Store, account: string, name: string): Promise<BackendRow> {
  const [found, ...others] = findByName(name, await listRecent(store, account), (row) => ({
    ...row,
    isRunning: row.endedAt === null,
    createdAt: row.createdAt.toISOString(),
  }));
  if (found === undefined) throw backendErrors.noLogs(name);
  if (others.length > 0) throw backendErrors.ambiguousName(name, [found, ...others]);
  return found;
}

/**
 * Opens the log of a backend. The last record tells how the backend ended.
 * @throws JamdevError `OutputUnavailable`, `EngineUnavailable`, before the iteration begins
 */
export async function openRecords(
  sources: CommandLogs,
  row: BackendRow,
  query: LinesQuery,
  signal: AbortSignal,
): Promise<AsyncIterable<LogRecordJson>> {
  const begun = query.follow ? await untilContainer(sources, row, signal) : row;
  return readRecords(sources, begun, await openSessionLog(sources, begun, query, signal), query, signal);
}

/** Waits until a backend has a container or has ended. */
async function untilContainer({ controlPlane, store }: CommandLogs, row: BackendRow, signal: AbortSignal) {
  if (!WITHOUT_CONTAINER.includes(row.history.at(-1)?.status ?? '')) return row;
  await passUntil(await controlPlane.states(row.id, signal), ({ status }) => !WITHOUT_CONTAINER.includes(status));
  return (await findPublic(store, row.id)) ?? row;
}

async function* readRecords(
  { controlPlane, store }: CommandLogs,
  row: BackendRow,
  lines: AsyncIterable<TimedLine>,
  { follow }: LinesQuery,
  signal: AbortSignal,
): AsyncGenerator<LogRecordJson, void> {
  for await (const { time, source, text } of lines) {
    yield { ...ownerOf(row), time: time.toISOString(), source, text: text.toString('utf8') };
  }
  if (follow) await passUntil(await controlPlane.states(row.id, signal), ({ status }) => status === 'terminated');
  const now = (await findPublic(store, row.id)) ?? row;
  const last = toHistory(now).at(-1);
  if (last?.status !== 'terminated') return;
  const text = describeStatus(toPublicStatus(last), last);
  yield { ...ownerOf(row), time: last.time.toISOString(), source: 'jamdev', text, end: true };
}

async function passUntil(states: AsyncIterable<BackendState>, isReached: (state: BackendState) => boolean) {
  for await (const state of states) if (isReached(state)) return;
}

function ownerOf({ id, service, key, keyGiven }: BackendRow) {
  return { backend: id, service, key, key_given: keyGiven };
}
