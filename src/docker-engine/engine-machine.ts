import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { noteHandled } from '../os/debug/debug-log.js';
import { dockerErrors } from './docker-errors.js';

/** The machine of an engine that is not this one. */
export interface RemoteMachine {
  /** An address of it, at which the engine publishes the ports of containers. */
  publishAt: string;
  /** Where this machine reaches these ports: the same address, unless they are published at all. */
  reachAt: string;
}

/** Makes ports that are published on a machine's loopback reachable from here. */
export interface PortForwards {
  /** @returns the path of a Unix socket here that leads to the port. @throws JamdevError `EngineUnreachable` */
  openPort(port: number): Promise<string>;
  /** @param socket as `openPort` returned it */
  closePort(socket: string): Promise<void>;
}

/** The machine of an engine, as one sees it who only gets in by SSH. */
export const BY_SSH_ALONE: RemoteMachine = { publishAt: '127.0.0.1', reachAt: '127.0.0.1' };

/** Each means all addresses where one listens, and this machine where one connects. */
const ANY_ADDRESS = ['0.0.0.0', '::'];

/**
 * Finds out how the ports of containers are reached on the machine of an engine.
 * @param host of the engine, as in its URL
 * @param configured `remote.address` of the config: a name or an address; with it, no engine counts as one of this machine
 * @returns undefined for an engine on this machine
 * @throws JamdevError `DockerStopped` when a name can't be resolved
 */
export async function findMachine(host: string, configured: string | undefined): Promise<RemoteMachine | undefined> {
  if (configured === undefined) {
    const engine = await resolveHost(host);
    const [first = host] = engine;
    return engine.every(isOwnAddress) ? undefined : { publishAt: first, reachAt: first };
  }
  const [publishAt = configured] = await resolveHost(configured.replace(/^\[|\]$/g, ''));
  // The host of ssh:// may be known to ssh alone.
  const [reachAt = host] = ANY_ADDRESS.includes(publishAt) ? await resolveHost(host) : [publishAt];
  return { publishAt, reachAt };
}

/** @returns at least one address, the first being the one to connect to */
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
