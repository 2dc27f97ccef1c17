import { resolve } from 'node:path';
import type { ClaimHolder } from '../../dev-server/project-claim.js';
import { isSuspended } from '../../processes/suspended.js';
import type { CommandIo } from '../io.js';
import { clientErrors } from './client-errors.js';

/** What `jamdev dev` does if a dev server is already running in the folder. */
export type IfRunning = 'fail' | 'reuse';

/**
 * Prints the dev server that is running in a folder.
 * @throws JamdevError `AlreadyRunning`, unless it may be reused and its URLs are known
 */
export async function nameRunning(
  folder: string,
  { pid, apiUrl, proxyUrl }: ClaimHolder,
  { json, ifRunning }: { json: boolean; ifRunning: IfRunning },
  io: CommandIo,
): Promise<void> {
  const urls = apiUrl === undefined || proxyUrl === undefined ? undefined : { apiUrl, proxyUrl };
  io.aimHints({ project: resolve(folder), apiUrl });
  if (ifRunning === 'fail' || urls === undefined) {
    throw clientErrors.alreadyRunning(resolve(folder), pid, urls, (await isSuspended(pid)) ? ', suspended' : '');
  }
  if (json) return io.json({ event: 'reused', pid, api_url: apiUrl, proxy_url: proxyUrl });
  for (const line of [
    `A dev server already runs here (pid ${pid}).`,
    '',
    `  API     ${apiUrl}`,
    `  proxy   ${proxyUrl}`,
  ]) {
    io.out(line);
  }
}
