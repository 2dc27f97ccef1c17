import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { noteHandled } from '../os/debug/debug-log.js';
import { dockerErrors } from './docker-errors.js';

/** A machine with an engine that is not this machine. */
export interface RemoteMachine {
  /** The machine's address at which the engine publishes the ports of containers. */
  publishAt: string;
  /** The address at which this machine reaches these ports. Differs only if they are published at all addresses. */
  reachAt: string;
}

/** Makes ports that are published on a machine's loopback reachable from here. */
export interface PortForwards {
  /** @returns the path of a local Unix socket that leads to the port. @throws JamdevError `EngineUnreachable` */
  openPort(port: number): Promise<string>;
  /** @param socket the result of `openPort` */
  closePort(socket: string): Promise<void>;
}

/** A machine that is reachable only by SSH, whose ports are published at its own loopback. */
export const BY_SSH_ALONE: RemoteMachine = { publishAt: '127.0.0.1', reachAt: '127.0.0.1' };

/** Addresses that mean all addresses for a listener, and this machine for a client. */
const ANY_ADDRESS = ['0.0.0.0', '::'];

/**
 * Finds how the ports of containers are reached on the engine's machine.
 * @param host the engine's host in its URL
 * @param configured `remote.address` in the config, a name or an address; if set, every engine counts as remote
 * @returns undefined for an engine on this machine
 * @throws JamdevError `DockerStopped` if a name can't be resolved
 */
export async function findMachine(host: string, configured: string | undefined): Promise<RemoteMachine | undefined> {
  if (configured === undefined) {
    const engine = await resolveHost(host);
    const [first = host] = engine;
    return engine.every(isOwnAddress) ? undefined : { publishAt: first, reachAt: first };
  }
  const [publishAt = configured] = await resolveHost(configured.replace(/^\[|\]$/g, ''));
  // The host in ssh:// may be an alias that only ssh can resolve.
  const [reachAt = host] = ANY_ADDRESS.includes(publishAt) ? await resolveHost(host) : [publishAt];
  return { publishAt, reachAt };
}

/** @returns at least one address; the first is the one to connect to */
async function resolveHost(host: string): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  try {
    return (await lookup(host, { all: true, order: 'ipv4first' })).map(({ address }) => address);
  } catch (error) {
    noteHandled('docker', 'looking up the host of the engine', error);
    throw dockerErrors.engineUnreachable(host, 'its name can not be resolved', 'Check the name and the network.');
  }
}

function isOwnAddress(address: string): boolean {
  if (ANY_ADDRESS.includes(address) || /^(127\.|::1$)/.test(address)) return true;
  return Object.values(networkInterfaces()).some((each) => each?.some((own) => own.address === address));
}
