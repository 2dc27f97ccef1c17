import { type DockerContext, type EngineTls, readDockerContext } from './docker-context.js';
import { dockerErrors } from './docker-errors.js';
import { BY_SSH_ALONE, findMachine, type PortForwards, type RemoteMachine } from './engine-machine.js';
import { readSshUrl } from './ssh/ssh-target.js';
import { SshTunnel } from './ssh/ssh-tunnel.js';

/** The address of a Docker Engine and the way to it. */
export interface Endpoint {
  /** In the format of DOCKER_HOST: `unix:///var/run/docker.sock`. */
  url: string;
  address: { path: string } | { host: string; port: number };
  /** Undefined without TLS. */
  tls?: EngineTls;
  /** Variables that pin a docker client to this engine, even after the user has switched to another context. */
  environment: Record<string, string>;
  /** Undefined if the engine is on this machine. */
  remote?: RemoteMachine | undefined;
  /** The SSH tunnel to the engine, if there is one. */
  tunnel?: SshTunnel | undefined;
  /** Forwards the ports of containers through the tunnel; undefined if they are reached directly at `remote`. */
  forwards?: PortForwards | undefined;
}

/** The settings that select an engine. */
export interface EngineChoice {
  /** `remote.address` in the config. */
  remoteAddress?: string | undefined;
  signal?: AbortSignal | undefined;
}

const DEFAULT_PORT = { tls: 2376, plain: 2375 } as const;

/**
 * Finds the engine that the docker client uses, and opens a tunnel if the engine is behind SSH.
 * @throws JamdevError `DockerMissing`, `DockerStopped`, `EngineUnreachable`
 */
export async function findEndpoint(choice: EngineChoice = {}): Promise<Endpoint> {
  return openEndpoint(await readDockerContext(choice.signal), choice);
}

/**
 * Prepares the connection to an engine. Opens a tunnel if the engine is behind SSH.
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

/**
 * Opens an SSH tunnel. The docker client uses the same tunnel; the user's variables that would lead it past the tunnel
 * are cleared.
 */
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
