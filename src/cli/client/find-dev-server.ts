import { usageError } from '../../contract/errors/usage-error.js';
import { noteDecision } from '../../os/debug/debug-log.js';
import { findRunningServer } from '../../records/server-records.js';
import type { ApiClient } from './api-client.js';
import { clientErrors } from './client-errors.js';
import { greetDevServer } from './dev-server-hello.js';

/** Which dev server a command is for. */
export interface DevServerChoice {
  /** The option `--api`. */
  api?: string | undefined;
}

/**
 * Finds the dev server: `--api`, then JAMDEV_API_URL, then the one that runs for the folder or one above it.
 * @throws JamdevError `NoDevServer`, `DevServerUnreachable`, or `Usage` when the URL is none
 */
export async function findDevServer(choice: DevServerChoice, signal: AbortSignal): Promise<ApiClient> {
  const named = choice.api ?? process.env.JAMDEV_API_URL;
  if (named !== undefined && named !== '') {
    if (!URL.canParse(named) || !named.startsWith('http:')) {
      throw usageError(`"${named}" is not the URL of a dev server.`, 'It looks like http://localhost:8080');
    }
    noteDecision('cli', () => `dev server ${named}, by ${choice.api === undefined ? 'JAMDEV_API_URL' : '--api'}`);
    return greetDevServer({ apiUrl: named }, signal);
  }
  const record = await findRunningServer(process.cwd());
  if (record === undefined) throw clientErrors.noDevServer(process.cwd());
  noteDecision('cli', () => `dev server ${record.apiUrl}, of ${record.project}`);
  return greetDevServer({ apiUrl: record.apiUrl, record }, signal);
}
