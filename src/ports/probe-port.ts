import { once } from 'node:events';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';

/** An address of this machine to try a port on. */
interface LocalAddress {
  host: string;
  /** Keeps `::` from standing for IPv4 as well. */
  ipv6Only?: boolean;
}

/** Every address that a program can listen on: the wildcards stand for all, but do not show holders of single ones. */
function localAddresses(): LocalAddress[] {
  const own = Object.values(networkInterfaces()).flatMap((addresses = []) =>
    // Link-local addresses are usable only together with an interface.
    addresses.filter(({ address }) => !address.startsWith('fe80:')).map(({ address }) => address),
  );
  const single = [...new Set(['127.0.0.1', '::1', ...own])];
  return [{ host: '0.0.0.0' }, { host: '::', ipv6Only: true }, ...single.map((host) => ({ host }))];
}

/**
 * Tells whether any program on this machine listens on a port, on whatever address. Binding one address does not tell:
 * macOS allows `127.0.0.1` next to another program's `*`, and every system allows `0.0.0.0` next to `::1`, which
 * `localhost` may lead to.
 */
export async function isPortInUse(port: number): Promise<boolean> {
  for (const address of localAddresses()) {
    if (!(await canListen(port, address))) return true;
  }
  return false;
}

/** Finds the next port on which no program listens. @returns 0 if there is none */
export async function findFreePortAbove(port: number): Promise<number> {
  for (let next = port + 1; next <= 65_535; next += 1) {
    if (!(await isPortInUse(next))) return next;
  }
  return 0;
}

async function canListen(port: number, address: LocalAddress): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, exclusive: true, ...address });
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch (error) {
    // Any other error is about the address or the system (no IPv6, a port for root): it says nothing about a holder.
    return (error as NodeJS.ErrnoException).code !== 'EADDRINUSE';
  }
}
