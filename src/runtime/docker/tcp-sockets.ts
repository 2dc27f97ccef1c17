import { readFileSync } from 'node:fs';
import { noteHandled } from '../../os/debug/debug-log.js';

/**
 * Whether a process' network namespace has any TCP socket: while it has none, nothing there can accept a connection. The
 * kernel keeps the count, so this takes some 20 µs; the list of sockets (`/proc/net/tcp`) takes 20 ms.
 * @param pid of a process on this machine
 * @returns true also if it can't be seen
 */
export function hasTcpSockets(pid: number): boolean {
  try {
    return ['sockstat', 'sockstat6'].some((table) => {
      const inUse = /^TCP6?: inuse (\d+)/m.exec(readFileSync(`/proc/${pid}/net/${table}`, 'utf8'))?.[1];
      return table === 'sockstat' ? inUse !== '0' : inUse !== undefined && inUse !== '0';
    });
  } catch (error) {
    noteHandled('docker', 'counting the sockets of a container', error);
    return true;
  }
}
