import { canStartIn } from '../../config/project-folder.js';
import type { JamdevError } from '../../contract/errors/jamdev-error.js';
import { listRunningServers } from '../../records/server-records.js';
import { clientErrors } from './client-errors.js';
import { listServers, pickBelow } from './running-servers.js';

/**
 * Makes the error that no dev server is running for a folder, and lists the running ones. A dev server in a parent
 * folder would have been found.
 */
export async function noDevServer(folder: string): Promise<JamdevError> {
  const servers = await listRunningServers();
  const canStart = await canStartIn(folder);
  return clientErrors.noDevServer(folder, listServers(servers), pickBelow(folder, servers), canStart);
}
