import { noteDecision } from '../../os/debug/debug-log.js';
import { findRunningServer } from '../../records/server-records.js';
import type { ApiClient } from './api-client.js';
import { parseApiUrl } from './api-url.js';
import { greetServer } from './greet-server.js';

/** Selects the server for a command. */
export interface ServerChoice {
  /** The option `--api`. */
  api?: string | undefined;
}

/**
 * Finds the dev server or `jamdev serve`: `--api`, then JAMDEV_API_URL, then the dev server of the folder or of a
 * parent folder.
 * @throws JamdevError `NoDevServer`, `DevServerUnreachable`, `ServeUnreachable`, or `Usage` if the URL is invalid
 */
export async function findServer(choice: ServerChoice, signal: AbortSignal): Promise<ApiClient> {
  const named = choice.api ?? process.env.JAMDEV_API_URL;
  if (named !== undefined && named !== '') {
    noteDecision('cli', () => `the server at ${named}, by ${choice.api === undefined ? 'JAMDEV_API_URL' : '--api'}`);
    return greetServer({ apiUrl: parseApiUrl(named) }, signal);
  }
  const folder = process.cwd();
  const record = await findRunningServer(folder);
  // Loaded only on failure: most commands find their dev server.
  if (record === undefined) throw await (await import('./no-dev-server.js')).noDevServer(folder);
  noteDecision('cli', () => `dev server ${record.apiUrl}, of ${record.project}`);
  return greetServer({ apiUrl: record.apiUrl, record }, signal);
}
