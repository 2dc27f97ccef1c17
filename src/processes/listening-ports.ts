import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { promisify } from 'node:util';
import { noteHandled } from '../os/debug/debug-log.js';
import { hasProc } from './process-table.js';

/** A TCP port that a process listens on. */
export interface ListeningPort {
  pid: number;
  port: number;
  /** Whether it is only reachable from this machine. */
  loopback: boolean;
}

/**
 * Lists the TCP ports that processes listen on. Uses /proc on Linux and `lsof` elsewhere. Processes of other users are left
 * out if the system hides them. An empty list can also mean that the system does not tell.
 * @param pids only these processes; default: all
 * @param options.sockets shared with callers that list ports at the same time
 */
export async function listListeningPorts(
  pids?: ReadonlySet<number>,
  { source = hasProc() ? 'proc' : 'lsof', sockets = new SocketTable() }: ListOptions = {},
): Promise<ListeningPort[]> {
  return source === 'proc' ? await listFromProc(sockets, pids) : await listFromLsof(pids);
}

interface ListOptions {
  source?: 'proc' | 'lsof';
  sockets?: SocketTable;
}

type Sockets = ReadonlyMap<string, { port: number; loopback: boolean }>;

/** The machine's listening sockets, on systems with /proc. */
export class SocketTable {
  #pending: Promise<Sockets> | undefined;

  /** Reads the sockets by inode. Concurrent callers share one read, because the system needs long to produce its list. */
  read(): Promise<Sockets> {
    this.#pending ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#pending = undefined;
        const all = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => parseProcNet(readIfPossible(file)));
        resolve(new Map(all.map((socket) => [socket.inode, socket])));
      });
    });
    return this.#pending;
  }
}

async function listFromProc(sockets: SocketTable, pids?: ReadonlySet<number>): Promise<ListeningPort[]> {
  const portOfInode = await sockets.read();
  const candidates =
    pids ?? new Set(readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : [])));
  const found: ListeningPort[] = [];
  for (const pid of candidates) {
    for (const inode of socketInodesOf(pid)) {
      const socket = portOfInode.get(inode);
      if (socket !== undefined) found.push({ pid, port: socket.port, loopback: socket.loopback });
    }
  }
  return found;
}

const TCP_LISTEN = '0A';

/** Parses /proc/net/tcp or tcp6 and keeps the listening sockets. */
export function parseProcNet(text: string): { inode: string; port: number; loopback: boolean }[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const [address, port] = (fields[1] ?? '').split(':');
      if (fields[3] !== TCP_LISTEN || address === undefined || port === undefined) return [];
      return { inode: fields[9] ?? '', port: Number.parseInt(port, 16), loopback: isLoopbackHex(address) };
    });
}

/**
 * Whether an address is loopback. Addresses are in host byte order: 127.0.0.1 is 0100007F on little-endian machines, the
 * only ones that Node.js supports here.
 */
function isLoopbackHex(address: string): boolean {
  if (address.length === 8) return address.endsWith('7F');
  return address === '00000000000000000000000001000000' || /^0{16}FFFF0000.{6}7F$/.test(address);
}

function socketInodesOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    noteHandled('processes', 'listing the sockets of a process', error);
    return [];
  }
  return names.flatMap((name) => {
    try {
      const match = /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${name}`));
      return match?.[1] === undefined ? [] : [match[1]];
    } catch (error) {
      noteHandled('processes', 'listing the sockets of a process', error);
      return [];
    }
  });
}

function readIfPossible(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    noteHandled('processes', 'reading a table of sockets', error);
    return '';
  }
}

async function listFromLsof(pids?: ReadonlySet<number>): Promise<ListeningPort[]> {
  if (pids?.size === 0) return [];
  const only = pids === undefined ? [] : ['-a', '-p', [...pids].join(',')];
  try {
    const { stdout } = await promisify(execFile)('lsof', ['-nP', '-iTCP', '-sTCP:LISTEN', ...only, '-Fpn']);
    return parseLsof(stdout);
  } catch (error) {
    // lsof exits with 1 if it finds nothing or if one of the pids no longer exists. Its output still counts.
    return parseLsof(String((error as { stdout?: unknown }).stdout ?? ''));
  }
}

/** Parses `lsof -F pn`. A line `p123` starts a process; each `n127.0.0.1:80` after it is one of its sockets. */
export function parseLsof(output: string): ListeningPort[] {
  const found: ListeningPort[] = [];
  let pid = 0;
  for (const line of output.split('\n')) {
    if (line.startsWith('p')) pid = Number(line.slice(1));
    const match = /^n(.*):(\d+)$/.exec(line);
    if (match === null) continue;
    const host = match[1] ?? '';
    found.push({ pid, port: Number(match[2]), loopback: host.startsWith('127.') || host === '[::1]' });
  }
  return found;
}
