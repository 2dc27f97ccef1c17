import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that systems give to outgoing connections: a client that keeps asking at a closed port among those
 * can be given that very port, and is then connected to itself.
 */
const FIRST_PORT = 10_000;
const PORT_COUNT = 9_000;

/** @type {Set<number>} */
const given = new Set();

/** @returns a port that nothing listens on, never the same one twice */
export async function freePort() {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORT_COUNT);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

/** @param {number} port */
async function isFree(port) {
  // Without an address: all addresses, including IPv4 if there is IPv6.
  const server = createServer().listen({ port, exclusive: true });
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
