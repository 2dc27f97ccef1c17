import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { homedir, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { ignoreError, noteHandled } from '../os/debug/debug-log.js';
import { firstLine, QUICK_TIMEOUT_MS, runDocker } from './docker-cli.js';
import { dockerErrors } from './docker-errors.js';

/** How a Docker Engine is reached. */
export interface Endpoint {
  /** In the notation of DOCKER_HOST: `unix:///var/run/docker.sock`. */
  url: string;
  address: { path: string } | { host: string; port: number };
  /** undefined: no TLS. */
  tls?: { ca?: Buffer; cert?: Buffer; key?: Buffer; rejectUnauthorized: boolean } | undefined;
  /** Variables that keep a docker client at this engine, even after the user has switched to another context. */
  environment: Record<string, string>;
}

/** What `docker context inspect` prints, as far as it is needed. */
const contextSchema = z.object({
  Name: z.string(),
  Endpoints: z.object({ docker: z.object({ Host: z.string(), SkipTLSVerify: z.boolean() }) }),
  TLSMaterial: z.object({ docker: z.array(z.string()).optional() }),
  Storage: z.object({ TLSPath: z.string() }),
});

/** The path of a context that consists of environment variables. */
const IN_MEMORY = '<IN MEMORY>';
const DEFAULT_PORT = { tls: 2376, plain: 2375 } as const;

/**
 * Asks the docker client which engine it uses, so that contexts, DOCKER_HOST, DOCKER_CONTEXT, DOCKER_TLS_VERIFY and
 * DOCKER_CERT_PATH mean the same here as in a terminal.
 * @throws JamdevError `DockerMissing`, `DockerStopped`; `DockerElsewhere` for an engine on another machine, whose
 *   loopback ports can't be reached from here
 */
export async function findEndpoint(signal?: AbortSignal): Promise<Endpoint> {
  const { DOCKER_HOST = '' } = process.env;
  const args = ['context', 'inspect', '--format', '{{json .}}'];
  const { ok, stdout, stderr } = await runDocker(args, { signal, timeoutMs: QUICK_TIMEOUT_MS });
  signal?.throwIfAborted();
  // The `docker` command of Podman has no contexts.
  const isPodman = DOCKER_HOST !== '' && /unrecognized command/i.test(stderr);
  if (!ok && !isPodman) throw dockerErrors.dockerStopped(firstLine(stderr));
  const context = isPodman ? undefined : parseContext(stdout);
  const url = context?.Endpoints.docker.Host ?? DOCKER_HOST;
  const name = context?.Name ?? 'default';
  const environment: Record<string, string> = DOCKER_HOST === '' ? { DOCKER_CONTEXT: name } : { DOCKER_HOST };
  const socket = /^(?:unix|npipe):\/\/(.+)$/.exec(url)?.[1];
  if (socket !== undefined) return { url, address: { path: socket }, environment };
  if (!(await isThisMachine(url))) throw dockerErrors.dockerElsewhere(url, DOCKER_HOST === '' ? name : undefined);
  const tls = context && (await readTls(context));
  const { hostname, port } = new URL(url);
  const defaultPort = tls === undefined ? DEFAULT_PORT.plain : DEFAULT_PORT.tls;
  return { url, address: { host: withoutBrackets(hostname), port: Number(port) || defaultPort }, tls, environment };
}

/** @throws JamdevError `DockerStopped` when the client printed something else */
function parseContext(printed: string): z.infer<typeof contextSchema> {
  try {
    return contextSchema.parse(JSON.parse(printed));
  } catch (error) {
    noteHandled('docker', 'reading the docker context', error);
    throw dockerErrors.dockerStopped('"docker context inspect" did not print a context');
  }
}

/** @throws JamdevError `DockerStopped` when a certificate can't be read */
async function readTls(context: z.infer<typeof contextSchema>): Promise<Endpoint['tls']> {
  const names = context.TLSMaterial.docker ?? [];
  if (names.length === 0) return undefined;
  const { TLSPath } = context.Storage;
  const { DOCKER_CERT_PATH = '' } = process.env;
  const folder = TLSPath !== IN_MEMORY ? join(TLSPath, 'docker') : DOCKER_CERT_PATH || join(homedir(), '.docker');
  const tls: NonNullable<Endpoint['tls']> = { rejectUnauthorized: !context.Endpoints.docker.SkipTLSVerify };
  try {
    for (const kind of ['ca', 'cert', 'key'] as const) {
      if (names.includes(`${kind}.pem`)) tls[kind] = await readFile(join(folder, `${kind}.pem`));
    }
    return tls;
  } catch (error) {
    throw dockerErrors.dockerStopped((error as Error).message);
  }
}

/** Whether the host in a URL is this machine. Through ssh it counts as another one, even if it leads back here. */
async function isThisMachine(url: string): Promise<boolean> {
  if (!/^(tcp|https?):/.test(url) || !URL.canParse(url)) return false;
  const own = Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address));
  const found = await lookup(withoutBrackets(new URL(url).hostname), { all: true }).catch(
    ignoreError('docker', 'looking up the host of the engine', []),
  );
  return found.length > 0 && found.every(({ address }) => /^(127\.|::1$)/.test(address) || own.includes(address));
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}
