import type { JamdevError } from '../../contract/errors/jamdev-error.js';
import { isLoopbackName } from '../../contract/hosts.js';
import { portOfUrl } from '../../os/port-of-url.js';
import { listListeningPorts } from '../../processes/listening-ports.js';
import { commandOf } from '../../processes/process-table.js';
import { isSuspended } from '../../processes/suspended.js';
import { listRunningServers, type ServerRecord } from '../../records/server-records.js';
import { ApiClient } from './api-client.js';
import { clientErrors } from './client-errors.js';

/** How long a dev server has to identify itself. The requests after that have no limit. */
const HELLO_MS = 5_000;
/** A longer answer is not from a dev server. */
const MAX_HELLO_BYTES = 64 * 1024;

/** A dev server to talk to. */
export interface KnownServer {
  apiUrl: string;
  /** What it left on disk; undefined when only its URL was given. */
  record?: ServerRecord | undefined;
}

/**
 * Asks a dev server to identify itself, so that no command waits for a process that is suspended, hangs, or is not
 * a dev server.
 * @returns a client for what the command has to do
 * @throws JamdevError `DevServerUnreachable`, which names the URL, the process, its folder, and what to do
 */
export async function greetDevServer(
  { apiUrl, record }: KnownServer,
  signal: AbortSignal,
  helloMs = HELLO_MS,
): Promise<ApiClient> {
  const late = AbortSignal.timeout(helloMs);
  const who = record === undefined ? '' : describe(record.pid, record.project);
  try {
    await new ApiClient(apiUrl, AbortSignal.any([signal, late]), who).serverInfo(MAX_HELLO_BYTES);
  } catch (error) {
    signal.throwIfAborted();
    if (!late.aborted) throw error;
    throw await explainSilence({ apiUrl, record }, helloMs);
  }
  return new ApiClient(apiUrl, signal, who);
}

async function explainSilence({ apiUrl, record }: KnownServer, helloMs: number): Promise<JamdevError> {
  const { pid, place } = record === undefined ? await findHolder(apiUrl) : { pid: record.pid, place: record.project };
  const who = describe(pid, place);
  const late = `no answer within ${helloMs / 1000} s`;
  if (pid !== undefined && (await isSuspended(pid))) {
    const remedy = `Continue it with fg in its terminal, or: kill -CONT ${pid}`;
    return clientErrors.devServerUnreachable(apiUrl, `${late}, it is suspended`, who, remedy);
  }
  const end = pid === undefined ? '' : `: kill -9 ${pid}`;
  const remedy = `If it is a dev server, check what its terminal shows; if it hangs, end it${end}`;
  return clientErrors.devServerUnreachable(apiUrl, late, who, remedy);
}

/** The process behind a URL, as far as it can be told: a dev server by its folder, anything else by its command line. */
async function findHolder(apiUrl: string): Promise<{ pid?: number; place?: string }> {
  const { hostname } = new URL(apiUrl);
  const port = portOfUrl(apiUrl);
  if (!isLoopbackName(hostname)) return {};
  const known = (await listRunningServers()).find((each) => portOfUrl(each.apiUrl) === port);
  if (known !== undefined) return { pid: known.pid, place: known.project };
  const holder = (await listListeningPorts()).find((each) => each.port === port);
  return holder === undefined ? {} : { pid: holder.pid, place: await commandOf(holder.pid) };
}

function describe(pid: number | undefined, place: string | undefined): string {
  return [pid === undefined ? '' : `pid ${pid}`, place ?? ''].filter((part) => part !== '').join(', ');
}
