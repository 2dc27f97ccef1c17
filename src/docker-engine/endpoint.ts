import { type DockerContext, type EngineTls, readDockerContext } from './docker-context.js';
import { dockerErrors } from './docker-errors.js';
import { BY_SSH_ALONE, findMachine, type PortForwards, type RemoteMachine } from './engine-machine.js';
import { readSshUrl } from './ssh/ssh-target.js';
import { SshTunnel } from './ssh/ssh-tunnel.js';

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
  /** What leads to the engine. */
  tunnel?: SshTunnel | undefined;
  /** Where the ports of containers go through the tunnel as well; undefined: they are reached at `remote`. */
  forwards?: PortForwards | undefined;
}

/** What decides which engine is used, and how. */
export interface EngineChoice {
  /** `remote.address` of the config. */
  remoteAddress?: string | undefined;
  signal?: AbortSignal | undefined;
}

const DEFAULT_PORT = { tls: 2376, plain: 2375 } as const;

/**
 * Finds the engine that the docker client uses, and opens the tunnel to it if it is one behind SSH.
 * @throws JamdevError `DockerMissing`, `DockerStopped`, `EngineUnreachable`
 */
export async function findEndpoint(choice: EngineChoice = {}): Promise<Endpoint> {
  return openEndpoint(await readDockerContext(choice.signal), choice);
}

/**
 * Opens the way to an engine: the tunnel to one behind SSH; others take none.
 * @throws JamdevError `DockerStopped`, `EngineUnreachable`
 */
export async function openEndpoint(
  context: DockerContext,
  { remoteAddress, signal }: EngineChoice = {},
): Promise<Endpoint> {
  const { url, environment } = context;
  const socket = /^(?:unix|npipe):\/\/(.+)$/.exec(url)?.[1];
  if (socket !== undefined) return { url, address: { path: socket }, environment };
  if (url.startsWith('ssh://')) return openTunnel(url, { remoteAddress, signal });
  if (!/^(tcp|https?):/.test(url) || !URL.canParse(url)) throw dockerErrors.dockerStopped(`${url} is not supported`);
  const address = readAddress(context);
  return { ...context, address, remote: await findMachine(address.host, remoteAddress) };
}

/** A docker client uses the same tunnel: variables of the user's would lead it past that. */
async function openTunnel(url: string, { remoteAddress, signal }: EngineChoice): Promise<Endpoint> {
  const machine = remoteAddress === undefined ? undefined : await findMachine(readSshUrl(url).host, remoteAddress);
  const tunnel = await SshTunnel.open(url, signal);
  const environment = { DOCKER_HOST: `unix://${tunnel.engineSocket}`, ...NO_OTHER_ENGINE };
  const forwards = machine === undefined ? tunnel : undefined;
  return {
    url,
    address: { path: tunnel.engineSocket },
    environment,
    remote: machine ?? BY_SSH_ALONE,
    tunnel,
    forwards,
  };
}

const NO_OTHER_ENGINE = { DOCKER_CONTEXT: '', DOCKER_TLS_VERIFY: '', DOCKER_TLS: '', DOCKER_CERT_PATH: '' };

function readAddress({ url, tls }: DockerContext): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return { host, port: Number(port) || (tls === undefined ? DEFAULT_PORT.plain : DEFAULT_PORT.tls) };
}
