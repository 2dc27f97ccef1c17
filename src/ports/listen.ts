import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { errorCode, isShortage } from '../os/error-code.js';
import { tellQueuedResponses } from '../os/queued-responses.js';
import { describePortHolder } from '../processes/port-holder.js';
import { portErrors } from './port-errors.js';
import { findFreePortAbove, isPortInUse } from './probe-port.js';

/** A port to listen on, and its description for error messages. */
export interface ListenRequest {
  /** "API" or "proxy". */
  what: string;
  /** 0 picks any free port. */
  port: number;
  /** Defaults to both 127.0.0.1 and ::1, since `localhost` resolves to either. */
  host?: string | undefined;
  /** The command line option that chooses the port. */
  flag: string;
}

/** A port that this process listens on. */
export interface BoundPort {
  port: number;
  /** One server per address. */
  servers: readonly Server[];
  /** Stops listening and cuts every connection, including upgraded ones (WebSockets). */
  close(): Promise<void>;
}

/** Another program listens on the requested port. */
export class PortInUse extends JamdevError {
  readonly port: number;

  /**
   * @param holder the program that listens; '' if the system does not tell
   * @param free a port that no program holds; 0 if there is none
   */
  constructor({ what, port, flag }: ListenRequest, holder: string, free: number) {
    const { code, message, remedy } = portErrors.portTaken(what, port, holder, flag, free);
    super(code, message, remedy);
    this.port = port;
  }
}

const FREE_PORT_ATTEMPTS = 20;

/**
 * Binds servers to the same port number on every requested address. The port counts as taken if another program listens on
 * it on any address.
 * @param makeServer called once per address; all servers serve the same content
 * @throws PortInUse, which names the holder of the port
 * @throws JamdevError `PortTaken` for other reasons, or `HostUnavailable`
 */
export async function listen(request: ListenRequest, makeServer: () => Server): Promise<BoundPort> {
  const [first = '', ...others] = request.host === undefined ? ['127.0.0.1', '::1'] : [request.host];
  for (let attempt = 1; ; attempt += 1) {
    const servers: Server[] = [];
    const sockets = new Set<Socket>();
    const make = () => tellQueuedResponses(trackSockets(makeServer(), sockets));
    try {
      const port = request.port === 0 ? await pickPort() : request.port;
      if (await isPortInUse(port)) throw Object.assign(new Error('in use'), { code: 'EADDRINUSE' });
      servers.push(await bind(make(), port, first));
      for (const host of others) {
        const server = await bindUnlessMissing(make(), port, host);
        if (server !== undefined) servers.push(server);
      }
      return { port, servers, close: () => closeAll(servers, sockets) };
    } catch (error) {
      for (const server of servers) server.close();
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      // A port that is free on one address can be taken on the other, so try another free port.
      if (taken && request.port === 0 && attempt < FREE_PORT_ATTEMPTS) continue;
      throw await explain(error as NodeJS.ErrnoException, request, first);
    }
  }
}

/** Tracks a server's sockets, because closeAllConnections() of Node.js does not close upgraded ones. */
function trackSockets(server: Server, sockets: Set<Socket>): Server {
  return server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
}

async function closeAll(servers: readonly Server[], sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  for (const socket of sockets) socket.destroy();
  await Promise.all(closed);
}

function portOf(server: NetServer): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Lets the system choose a port that is free on all addresses. */
async function pickPort(): Promise<number> {
  const server = await bind(createServer(), 0);
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}

async function bind<S extends NetServer>(server: S, port: number, host?: string): Promise<S> {
  server.listen({ port, host, exclusive: true });
  await once(server, 'listening');
  return server;
}

/** Binds a server, or returns undefined if the address does not exist: a machine without IPv6 has no ::1. */
async function bindUnlessMissing(server: Server, port: number, host: string): Promise<Server | undefined> {
  try {
    return await bind(server, port, host);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return undefined;
    throw error;
  }
}

async function explain(error: NodeJS.ErrnoException, request: ListenRequest, host: string): Promise<Error> {
  if (error.code === 'EADDRINUSE') {
    return new PortInUse(request, await describePortHolder(request.port), await findFreePortAbove(request.port));
  }
  if (error.code === 'EACCES') return portErrors.portForbidden(request.what, request.port, request.flag);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') {
    return portErrors.hostUnavailable(host, error.code);
  }
  return isShortage(error) ? portErrors.portUnavailable(request.what, errorCode(error)) : error;
}
