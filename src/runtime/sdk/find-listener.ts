import { connect } from 'node:net';
import { pause } from '../../os/clock.js';
import type { Address, RuntimeBackend } from '../runtime.js';

const SHORTEST_PAUSE_MS = 3;
const LONGEST_PAUSE_MS = 200;
const CONNECT_TIMEOUT_MS = 1_000;

/**
 * Finds the address at which a backend that has reported ready is listening. It must already be listening then
 * (platform contract, "Warm pools"); a late one is awaited, so that no request meets a closed port.
 * @throws the signal's reason when it aborts
 */
export async function findListener(
  backend: Pick<RuntimeBackend, 'addresses' | 'mayAnswer'>,
  signal: AbortSignal,
): Promise<Address> {
  for (let wait = SHORTEST_PAUSE_MS; ; wait = Math.min(LONGEST_PAUSE_MS, wait * 2)) {
    // An engine accepts connections to a published port even if nothing is listening behind it.
    const addresses = backend.mayAnswer?.() === false ? [] : backend.addresses;
    for (const address of addresses) if (await accepts(address)) return address;
    await pause(wait, signal);
    signal.throwIfAborted();
  }
}

function accepts({ host, port, socketPath }: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({
      ...(socketPath === undefined ? { host, port } : { path: socketPath }),
      timeout: CONNECT_TIMEOUT_MS,
    });
    const settle = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}
