import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { noteHandled } from './debug/debug-log.js';

/** Documentation addresses (RFC 5737, RFC 3849). They are routed the same way as the rest of the internet. */
const FAR_AWAY = { udp4: '192.0.2.1', udp6: '2001:db8::1' } as const;
const ANY_PORT = 9;

/**
 * Finds the address at which other machines most likely reach this one: the source address for traffic to the internet, or
 * else the first non-loopback address.
 * @param isIPv4Only whether to ignore IPv6 addresses
 * @returns undefined on a machine without a network
 */
export async function findNetworkAddress(isIPv4Only: boolean): Promise<string | undefined> {
  for (const type of isIPv4Only ? (['udp4'] as const) : (['udp4', 'udp6'] as const)) {
    const address = await findSource(type);
    if (address !== undefined) return address;
  }
  const own = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  return own.find(({ internal, address }) => !internal && isIPv4(address))?.address;
}

/**
 * Returns this machine's source address. Connecting a UDP socket sends nothing; the system only chooses the source address.
 */
async function findSource(type: keyof typeof FAR_AWAY): Promise<string | undefined> {
  const socket = createSocket(type);
  try {
    socket.connect(ANY_PORT, FAR_AWAY[type]);
    await once(socket, 'connect');
    return socket.address().address;
  } catch (error) {
    // There is no route.
    noteHandled('system', 'finding the address of this machine', error);
    return undefined;
  } finally {
    socket.close();
  }
}
