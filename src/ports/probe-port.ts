import { once } from 'node:events';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';

/** An address of this machine to try a port on. */
interface LocalAddress {
  host: string;
  /** Keeps `::` from covering IPv4 as well. */
  ipv6Only?: boolean;
}

/**
 * Lists every address that a program can listen on. The wildcards alone are not enough: they bind even if a program holds
 * the port on a single address.
 */
function localAddresses(): LocalAddress[] {
  const own = Object.values(networkInterfaces()).flatMap((addresses = []) =>
    // A link-local address is usable only together with an interface.
    addresses.filter(({ address }) => !address.startsWith('fe80:')).map(({ address }) => address),
  );
  const single = [...new Set(['127.0.0.1', '::1', ...own])];
  return [{ host: '0.0.0.0' }, { host: '::', ipv6Only: true }, ...single.map((host) => ({ host }))];
}

/**
 * Tells whether any program on this machine listens on a port, on any address. Binding a single address is not enough: macOS
 * allows `127.0.0.1` next to another program's `*`, and every system allows `0.0.0.0` next to `::1`, which `localhost` may
 * resolve to.
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
    // Any other error concerns the address or the system (no IPv6, a privileged port) and says nothing about a holder.
    return (error as NodeJS.ErrnoException).code !== 'EADDRINUSE';
  }
}
