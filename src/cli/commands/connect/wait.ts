import type { LogRecordJson } from '../../../contract/dev-endpoints.js';
import type { ConnectResponse } from '../../../contract/responses.js';
import type { Status } from '../../../contract/status.js';
import { noteHandled } from '../../../os/debug/debug-log.js';
import type { ApiClient } from '../../client/api-client.js';
import type { CommandIo } from '../../io.js';
import { describeStatus } from '../../terminal/describe-status.js';
import { neverReady } from './never-ready.js';

const LAST_LINES = 20;

/**
 * Waits until a backend is ready.
 * @returns its status then
 * @throws JamdevError with the reason and its last lines when it ends first
 */
export async function waitForReady(
  client: ApiClient,
  { backend_id: id }: ConnectResponse,
  io: CommandIo,
): Promise<Status> {
  void tellRemarks(client, id, io);
  for await (const status of client.statuses(id)) {
    if (status.status === 'ready') return 'ready';
    if (status.status !== 'terminated') continue;
    const lines: string[] = [];
    for await (const line of client.logs({ backend: id, tail: LAST_LINES, follow: false })) {
      lines.push(`  ${(JSON.parse(line) as LogRecordJson).text}`);
    }
    throw neverReady(id, describeStatus(status), lines);
  }
  io.signal.throwIfAborted();
  throw neverReady(id, 'the dev server stopped', []);
}

/** Says what the dev server has to say about a backend, as why it is not ready. */
async function tellRemarks(client: ApiClient, id: string, io: CommandIo): Promise<void> {
  try {
    for await (const line of client.logs({ backend: id, follow: true })) {
      const { source, text } = JSON.parse(line) as LogRecordJson;
      if (source === 'jamdev') io.err(text);
    }
  } catch (error) {
    noteHandled('cli', 'reading remarks about the backend', error);
    // The status stream tells if something is wrong.
  }
}
