import type { JamdevError } from '../../contract/errors/jamdev-error.js';
import { isLoopbackName } from '../../contract/hosts.js';
import { portOfUrl } from '../../os/port-of-url.js';
import { listListeningPorts } from '../../processes/listening-ports.js';
import { commandOf } from '../../processes/process-table.js';
import { isSuspended } from '../../processes/suspended.js';
import { listRunningServers } from '../../records/server-records.js';
import { clientErrors } from './client-errors.js';
import { describeHolder, type KnownServer } from './known-server.js';

/**
 * Explains why a server did not identify itself, as far as possible.
 * @param late how long the command has waited, in words
 */
export async function explainSilence({ apiUrl, record }: KnownServer, late: string): Promise<JamdevError> {
  const { pid, place } = record === undefined ? await findHolder(apiUrl) : { pid: record.pid, place: record.project };
  const who = describeHolder(pid, place);
  if (pid !== undefined && (await isSuspended(pid))) {
    const remedy = `Continue it with fg in its terminal, or: kill -CONT ${pid}`;
    return clientErrors.devServerUnreachable(apiUrl, `${late}, it is suspended`, who, remedy);
  }
  const end = pid === undefined ? '' : `: kill -9 ${pid}`;
  const remedy = `If it is a dev server, check what its terminal shows; if it hangs, end it${end}`;
  return clientErrors.devServerUnreachable(apiUrl, late, who, remedy);
}

/**
 * Describes the process behind a URL, if it can be found: a dev server by its folder, any other by its command line.
 */
async function findHolder(apiUrl: string): Promise<{ pid?: number; place?: string }> {
  const { hostname } = new URL(apiUrl);
  const port = portOfUrl(apiUrl);
  if (!isLoopbackName(hostname)) return {};
  const known = (await listRunningServers()).find((each) => portOfUrl(each.apiUrl) === port);
  if (known !== undefined) return { pid: known.pid, place: known.project };
  const holder = (await listListeningPorts()).find((each) => each.port === port);
  return holder === undefined ? {} : { pid: holder.pid, place: await commandOf(holder.pid) };
}
