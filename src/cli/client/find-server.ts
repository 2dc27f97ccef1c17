import { canStartIn } from '../../config/project-folder.js';
import type { JamdevError } from '../../contract/errors/jamdev-error.js';
import { noteDecision } from '../../os/debug/debug-log.js';
import { findRunningServer, listRunningServers } from '../../records/server-records.js';
import type { ApiClient } from './api-client.js';
import { parseApiUrl } from './api-url.js';
import { clientErrors } from './client-errors.js';
import { greetServer } from './greet-server.js';
import { listServers, pickBelow } from './running-servers.js';

/** Which server a command is for. */
export interface ServerChoice {
  /** The option `--api`. */
  api?: string | undefined;
}

/**
 * Finds the dev server or `jamdev serve`: `--api`, then JAMDEV_API_URL, then the dev server that runs for the folder or one
 * above it.
 * @throws JamdevError `NoDevServer`, `DevServerUnreachable`, `ServeUnreachable`, or `Usage` when the URL is none
 */
export async function findServer(choice: ServerChoice, signal: AbortSignal): Promise<ApiClient> {
  const named = choice.api ?? process.env.JAMDEV_API_URL;
  if (named !== undefined && named !== '') {
    noteDecision('cli', () => `the server at ${named}, by ${choice.api === undefined ? 'JAMDEV_API_URL' : '--api'}`);
    return greetServer({ apiUrl: parseApiUrl(named) }, signal);
  }
  const folder = process.cwd();
  const record = await findRunningServer(folder);
  if (record === undefined) throw await noDevServer(folder);
  noteDecision('cli', () => `dev server ${record.apiUrl}, of ${record.project}`);
  return greetServer({ apiUrl: record.apiUrl, record }, signal);
}

/** Names those that run all the same; one above the folder would have been found. */
async function noDevServer(folder: string): Promise<JamdevError> {
  const servers = await listRunningServers();
  const canStart = await canStartIn(folder);
  return clientErrors.noDevServer(folder, listServers(servers), pickBelow(folder, servers), canStart);
}
