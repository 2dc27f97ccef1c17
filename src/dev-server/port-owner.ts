import { portOfUrl } from '../os/port-of-url.js';
import { listListeningPorts } from '../processes/listening-ports.js';
import { findHolder } from '../records/lock.js';
import { devLockOf } from '../records/project-lock.js';
import { listRunningServers } from '../records/server-records.js';
import { listStateFolders } from '../records/state-folder.js';

/** The owner of a port. */
export type PortOwner =
  /** A dev server of this user; `project` is an absolute path. */
  | { kind: 'dev server'; project: string }
  | { kind: 'other' }
  /** No listening process is visible: it belongs to another user, or has just stopped listening. */
  | { kind: 'unknown' };

/** Finds out whether a dev server of this user listens on a port. */
export async function findPortOwner(port: number): Promise<PortOwner> {
  const [sockets, running] = await Promise.all([listListeningPorts(), listRunningServers()]);
  const pids = sockets.filter((socket) => socket.port === port).map(({ pid }) => pid);
  const server = running.find(({ pid, apiUrl, proxyUrl }) =>
    pids.length > 0 ? pids.includes(pid) : [apiUrl, proxyUrl].some((url) => portOfUrl(url) === port),
  );
  if (server !== undefined) return { kind: 'dev server', project: server.project };
  if (pids.length === 0) return { kind: 'unknown' };
  // The process may be a dev server that has opened its ports but has no record yet.
  for (const state of listStateFolders()) {
    const holder = await findHolder(devLockOf(state));
    if (holder !== undefined && pids.includes(holder.pid)) return { kind: 'dev server', project: state.note.path };
  }
  return { kind: 'other' };
}
