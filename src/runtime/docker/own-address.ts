import { networkInterfaces } from 'node:os';

/** A container's place in a network, as the engine reports it. */
export interface NetworkPlace {
  IPAddress: string;
  Gateway: string;
}

/**
 * Finds the address of a container at which its ports are reached without being published. On a bridge of this machine
 * that is the way that Docker's own proxy of published ports takes, which would copy every byte once more.
 * @param networks of the container, by name
 * @returns undefined where none of its networks is a bridge of this machine
 */
export function findOwnAddress(networks: Record<string, NetworkPlace>): string | undefined {
  const own = new Set(
    Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address)),
  );
  // The gateway of a bridge is the bridge itself; that of any other network is elsewhere.
  return Object.values(networks).find(({ IPAddress, Gateway }) => IPAddress !== '' && own.has(Gateway))?.IPAddress;
}
