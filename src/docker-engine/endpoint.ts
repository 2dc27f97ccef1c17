import { type DockerContext, type EngineTls, readDockerContext } from './docker-context.js';
import { dockerErrors } from './docker-errors.js';
import { findMachine, type RemoteMachine } from './engine-machine.js';

/** How a Docker Engine is reached. */
export interface Endpoint {
  /** In the notation of DOCKER_HOST: `unix:///var/run/docker.sock`. */
  url: string;
  address: { path: string } | { host: string; port: number };
  /** undefined: no TLS. */
  tls?: EngineTls;
  /** Variables that keep a docker client at this engine, even after the user has switched to another context. */
  environment: Record<string, string>;
  /** undefined: the engine is on this machine. */
  remote?: RemoteMachine | undefined;
}

/** What decides which engine is used, and how. */
export interface EngineChoice {
  /** `remote.address` of the config. */
  remoteAddress?: string | undefined;
  signal?: AbortSignal | undefined;
}

const DEFAULT_PORT = { tls: 2376, plain: 2375 } as const;

/**
 * Finds the engine that the docker client uses.
 * @throws JamdevError `DockerMissing`, `DockerStopped`
 */
export async function findEndpoint({ remoteAddress, signal }: EngineChoice = {}): Promise<Endpoint> {
  const context = await readDockerContext(signal);
  const { url, environment } = context;
  const socket = /^(?:unix|npipe):\/\/(.+)$/.exec(url)?.[1];
  if (socket !== undefined) return { url, address: { path: socket }, environment };
  if (!/^(tcp|https?):/.test(url) || !URL.canParse(url)) throw dockerErrors.dockerStopped(`${url} is not supported`);
  const address = readAddress(context);
  return { ...context, address, remote: await findMachine(address.host, remoteAddress) };
}

function readAddress({ url, tls }: DockerContext): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return { host, port: Number(port) || (tls === undefined ? DEFAULT_PORT.plain : DEFAULT_PORT.tls) };
}
