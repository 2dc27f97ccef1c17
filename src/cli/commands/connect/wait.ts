import type { LogRecordJson } from '../../../contract/dev-endpoints.js';
import { JamdevError } from '../../../contract/errors/jamdev-error.js';
import type { ConnectResponse } from '../../../contract/responses.js';
import type { Status } from '../../../contract/status.js';
import { describeStatus } from '../../../contract/status-words.js';
import { noteHandled } from '../../../os/debug/debug-log.js';
import type { ApiClient } from '../../client/api-client.js';
import type { CommandIo } from '../../io.js';
import { neverReady } from './never-ready.js';

const LAST_LINES = 20;

/**
 * Waits until a backend is ready.
 * @returns its status at that time
 * @throws JamdevError with the reason and the last lines of output if it ends first
 */
export async function waitForReady(
  client: ApiClient,
  { backend_id: id }: ConnectResponse,
  io: CommandIo,
): Promise<Status> {
  // Only a dev server sends remarks.
  if (!client.isServe) void tellRemarks(client, id, io);
  for await (const status of client.statuses(id)) {
    if (status.status === 'ready') return 'ready';
    if (status.status !== 'terminated') continue;
    const { lines, end } = await readLastLines(client, id);
    const how = end.length === 0 ? describeStatus(status) : end.join('\n').replace(/\.$/, '');
    throw neverReady(id, how, lines);
  }
  io.signal.throwIfAborted();
  throw neverReady(id, client.isServe ? 'the API ended the stream of its statuses' : 'the dev server stopped', []);
}

/** Returns the last lines of a backend, and how it ended, if there is a log. */
async function readLastLines(client: ApiClient, id: string): Promise<{ lines: string[]; end: string[] }> {
  const lines: string[] = [];
  const end: string[] = [];
  try {
    for await (const line of client.logs({ backend: id, tail: LAST_LINES, follow: false })) {
      const record = JSON.parse(line) as LogRecordJson;
      if (record.end) end.push(record.text);
      else lines.push(`  ${record.text}`);
    }
  } catch (error) {
    if (!(error instanceof JamdevError)) throw error;
    noteHandled('cli', 'reading the last lines of the backend', error);
  }
  return { lines, end };
}

/** Prints jamdev's remarks about a backend, such as why it is not ready, until it ends. */
async function tellRemarks(client: ApiClient, id: string, io: CommandIo): Promise<void> {
  try {
    for await (const line of client.logs({ backend: id, follow: true })) {
      const { source, text, end } = JSON.parse(line) as LogRecordJson;
      if (source === 'jamdev' && !end) io.err(text);
    }
  } catch (error) {
    noteHandled('cli', 'reading remarks about the backend', error);
    // If something is wrong, the status stream reports it.
  }
}
