import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { isPortInUse } from '../../src/ports/probe-port.js';
import { waitFor } from './wait.js';

/** A mutex between test runs that need the default ports: the run that listens here may use them. */
const TURN_PORT = 18_089;
const TURN_MS = 60_000;

/**
 * Reserves the default ports, and those that follow, for the tests of a file: no other test run on this machine uses
 * them.
 */
export function useDefaultPorts(): void {
  let turn: Server | undefined;
  beforeAll(async () => {
    turn = await waitFor(() => tryListen(TURN_PORT, '127.0.0.1'), 'a turn at the default ports', TURN_MS);
    const taken = async () => (await Promise.all([8080, 9090].map(isPortInUse))).some(Boolean);
    await waitFor(async () => !(await taken()), 'ports 8080 and 9090 to be free', TURN_MS);
  }, 2 * TURN_MS);
  afterAll(() => turn?.close());
}

/** Listens as another program would, until the test ends. */
export async function occupy(port: number, host = '127.0.0.1', ipv6Only = false): Promise<Server> {
  const server = createServer().listen({ port, host, ipv6Only });
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return server;
}

async function tryListen(port: number, host: string): Promise<Server | undefined> {
  const server = createServer().listen({ port, host });
  try {
    await once(server, 'listening');
    return server;
  } catch {
    return undefined;
  }
}

/** @returns a port that was free a moment ago */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
