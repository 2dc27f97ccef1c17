import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/os/clock.js';
import type { Backend } from '../../src/platform/backend.js';
import { TokenTable } from '../../src/platform/tokens.js';
import { ConnectionProxy } from '../../src/proxy/proxy-server.js';
import { waitFor } from './wait.js';

/** A connection between a test and the proxy, on either side: raw bytes as Latin-1. */
export class RawConnection {
  received = '';
  hasEnded = false;
  isClosed = false;

  constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1');
    });
    socket.on('end', () => {
      this.hasEnded = true;
    });
    socket.on('close', () => {
      this.isClosed = true;
    });
    socket.on('error', () => undefined);
  }

  send(text: string): void {
    this.socket.write(Buffer.from(text, 'latin1'));
  }

  /** Waits for bytes. @returns all so far */
  async until(part: string | RegExp): Promise<string> {
    const has = () => (typeof part === 'string' ? this.received.includes(part) : part.test(this.received));
    await waitFor(has, `${part} in ${JSON.stringify(this.received.slice(0, 2_000))}`);
    return this.received;
  }

  /** Waits until the other side has closed. @returns all that it sent */
  async untilEnd(): Promise<string> {
    await waitFor(
      () => this.hasEnded || this.isClosed,
      `the end after ${JSON.stringify(this.received.slice(0, 2_000))}`,
    );
    return this.received;
  }
}

/** A proxy with one backend, which the test plays byte for byte. */
export interface RawProxy {
  port: number;
  /** With a leading slash, and without a trailing one. */
  tokenPath: string;
  token: string;
  /** Reported faults of jamdev. */
  faults: { error: unknown; id: string }[];
  /** All connections that the proxy made to the backend, in order. */
  backendConnections: RawConnection[];
  /** What the backend does after a request's head. Answers with 200 by default. */
  onRequest: (connection: RawConnection) => void;
  /** How many connections hold the backend. */
  heldBy(): number;
  /** Gives the address to another server from now on, as when a container has ended. */
  loseAddress(): void;
  /** Lets the backend become ready if it was started as unready. */
  becomeReady(): void;
  open(): Promise<RawConnection>;
  /** Sends bytes on a new connection. @returns everything received until the proxy closes */
  exchange(text: string): Promise<string>;
}

export const PLAIN_ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Starts one that is closed when the test ends. */
export async function startRawProxy(
  given: { user?: string; auth?: Record<string, unknown>; ready?: boolean } = {},
): Promise<RawProxy> {
  const backendConnections: RawConnection[] = [];
  const backendServer = createServer({ allowHalfOpen: true }, (socket) => {
    const connection = new RawConnection(socket);
    backendConnections.push(connection);
    let end = '';
    socket.on('data', (chunk: Buffer) => {
      // Only the new bytes are searched, with the three before them, because a body can be large.
      end += chunk.toString('latin1');
      if (end.includes('\r\n\r\n')) proxy.onRequest(connection);
      end = end.slice(-3);
    });
  });
  const { port: backendPort } = await listen(backendServer);
  let isCurrent = true;
  const address = { host: '127.0.0.1', port: backendPort, isCurrent: () => isCurrent };
  const backend = new FakeBackend(given.ready === false ? undefined : address);
  const tokens = new TokenTable(systemClock);
  const { token } = tokens.issue(backend as unknown as Backend, given.user, given.auth);
  const faults: RawProxy['faults'] = [];
  const connectionProxy = new ConnectionProxy({
    publicUrl: undefined,
    tokens,
    allowedHosts: { names: [], addresses: false },
    clock: systemClock,
    version: '1.2.3',
    rewritesRedirects: () => false,
    reportFault: (error, id) => faults.push({ error, id }),
  });
  const server = connectionProxy.createServer();
  const { port } = await listen(server);
  const open = async () => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const connection = new RawConnection(socket);
    onTestFinished(() => void socket.destroy());
    await new Promise((resolve) => socket.once('connect', resolve));
    return connection;
  };
  const proxy: RawProxy = {
    port,
    token,
    tokenPath: `/${token}`,
    faults,
    backendConnections,
    onRequest: (connection) => connection.send(PLAIN_ANSWER),
    heldBy: () => backend.connections,
    loseAddress: () => {
      isCurrent = false;
    },
    becomeReady: () => backend.setAddress(address),
    open,
    exchange: async (text) => {
      const connection = await open();
      connection.send(text);
      return connection.untilEnd();
    },
  };
  onTestFinished(() => {
    for (const { socket } of backendConnections) socket.destroy();
    backendServer.close();
    server.close();
    (server as Server).closeAllConnections();
  });
  return proxy;
}

async function listen(server: import('node:net').Server): Promise<AddressInfo> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server.address() as AddressInfo;
}

/** The parts of a backend that the proxy needs. */
class FakeBackend {
  readonly id = 'backend1234567';
  readonly identity = { staticToken: undefined };
  readonly state = { status: 'ready' };
  readonly events = new EventEmitter();
  connections = 0;

  constructor(public address: { host: string; port: number } | undefined) {}

  connectionOpened(): () => void {
    this.connections += 1;
    return () => {
      this.connections -= 1;
    };
  }

  connectionsBy(): number {
    return this.connections;
  }

  requestSent(): () => void {
    return () => undefined;
  }

  async explainSilence(): Promise<undefined> {
    return undefined;
  }

  setAddress(address: { host: string; port: number }): void {
    this.address = address;
    this.events.emit('address', address);
  }

  async reachable(signal: AbortSignal): Promise<{ host: string; port: number } | undefined> {
    while (this.address === undefined) {
      signal.throwIfAborted();
      await new Promise((resolve) => {
        this.events.once('address', resolve);
        signal.addEventListener('abort', resolve);
      });
    }
    return this.address;
  }
}
