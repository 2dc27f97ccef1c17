import { networkInterfaces } from 'node:os';

/** The engine's report about a container's place in a network. */
export interface NetworkPlace {
  IPAddress: string;
  Gateway: string;
}

/**
 * Finds the address at which a container's ports can be reached without being published. On a bridge of this machine,
 * Docker's own proxy for published ports uses the same route, and would copy every byte once more.
 * @param networks of the container, by name
 * @returns undefined if none of its networks is a bridge of this machine
 */
export function findOwnAddress(networks: Record<string, NetworkPlace>): string | undefined {
  const own = new Set(
    Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address)),
  );
  // The gateway of a bridge network is the bridge on this machine; in any other network, it is elsewhere.
  return Object.values(networks).find(({ IPAddress, Gateway }) => IPAddress !== '' && own.has(Gateway))?.IPAddress;
}
