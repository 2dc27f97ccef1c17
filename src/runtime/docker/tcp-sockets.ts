import { readFileSync } from 'node:fs';
import { noteHandled } from '../../os/debug/debug-log.js';

/**
 * Whether a process's network namespace has any TCP socket. Without one, nothing there can accept a connection. The
 * kernel maintains the count, so reading it takes about 20 µs, compared to 20 ms for the list of sockets
 * (`/proc/net/tcp`).
 * @param pid of a process on this machine
 * @returns true also if the process is not visible
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
