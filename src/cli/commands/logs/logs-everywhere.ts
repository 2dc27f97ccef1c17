import type { LogRecordJson } from '../../../contract/dev-endpoints.js';
import { backendErrors } from '../../../contract/errors/backend-errors.js';
import { JamdevError } from '../../../contract/errors/jamdev-error.js';
import type { ServerRecord } from '../../../records/server-records.js';
import type { LogsQuery } from '../../client/api-client.js';
import { clientErrors } from '../../client/client-errors.js';
import { askEverywhere, type Everywhere, listBackends } from '../../client/everywhere.js';
import { devClient } from '../../client/greet-server.js';
import type { CommandIo } from '../../io.js';
import { mergeByTime } from './merge-by-time.js';

/** A line of a log with its project folder. */
export interface PlacedRecord extends LogRecordJson {
  project: string;
}

/** The logs to read from one dev server: all, or those of one backend. */
interface Part {
  server: ServerRecord;
  backend?: string;
}

/**
 * Reads the logs of all dev servers as one stream, in order of time.
 * @param name the id of a backend, or a key, which several projects may use
 * @returns the records, and the projects that they may come from
 * @throws JamdevError if no dev server is running, or none knows the name
 */
export async function logsEverywhere(
  name: string | undefined,
  query: LogsQuery,
  io: CommandIo,
): Promise<{ records: AsyncIterable<PlacedRecord>; projects: string[] }> {
  const all = await askEverywhere(io);
  if (all.servers.length === 0) throw clientErrors.noDevServerAnywhere(all.someAreSilent);
  const parts = name === undefined ? all.servers.map((server) => ({ server })) : await partsOf(name, all, io);
  const records = mergeByTime(parts.map((part) => readPart(part, query, io)));
  return { records, projects: parts.map(({ server }) => server.project) };
}

/** Finds the running backends with a name, otherwise the newest ended one, otherwise a log on disk. */
async function partsOf(name: string, { servers, backends }: Everywhere, io: CommandIo): Promise<Part[]> {
  const found = listBackends(name, backends);
  if (found.length > 0) return found.map(({ server, backend }) => ({ server, backend: backend.id }));
  for (const server of servers) if (await hasLog(name, server, io)) return [{ server, backend: name }];
  throw backendErrors.noLogs(name);
}

async function hasLog(name: string, server: ServerRecord, io: CommandIo): Promise<boolean> {
  try {
    const lines = devClient(server.apiUrl, io.signal).logs({ backend: name, tail: 0, follow: false });
    for await (const _ of lines);
    return true;
  } catch (error) {
    if (error instanceof JamdevError) return false;
    throw error;
  }
}

async function* readPart(
  { server, backend }: Part,
  query: LogsQuery,
  io: CommandIo,
): AsyncGenerator<PlacedRecord, void> {
  const client = devClient(server.apiUrl, io.signal);
  try {
    for await (const line of client.logs({ ...query, ...(backend === undefined ? {} : { backend }) })) {
      if (line !== '') yield { ...(JSON.parse(line) as LogRecordJson), project: server.project };
    }
  } catch (error) {
    if (!(error instanceof JamdevError)) throw error;
    // The streams of other dev servers continue.
    const stopped = error.code === 'DevServerUnreachable';
    io.err(stopped ? `The dev server for ${server.project} has stopped.` : `${server.project}: ${error.sentence}`);
  }
}
