import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { noteHandled } from '../os/debug/debug-log.js';
import { firstLine, QUICK_TIMEOUT_MS, runDocker } from './docker-cli.js';
import { dockerErrors } from './docker-errors.js';

/** The TLS settings for an engine over TCP; undefined without TLS. */
export type EngineTls = { ca?: Buffer; cert?: Buffer; key?: Buffer; rejectUnauthorized: boolean } | undefined;

/** The engine that the docker client uses. */
export interface DockerContext {
  /** In the format of DOCKER_HOST. */
  url: string;
  tls: EngineTls;
  /** Variables that pin a docker client to this engine, even after the user has switched to another context. */
  environment: Record<string, string>;
}

/** The used part of the output of `docker context inspect`. */
const contextSchema = z.object({
  Name: z.string(),
  Endpoints: z.object({ docker: z.object({ Host: z.string(), SkipTLSVerify: z.boolean() }) }),
  TLSMaterial: z.object({ docker: z.array(z.string()).optional() }),
  Storage: z.object({ TLSPath: z.string() }),
});

/** The path of a context that is defined by environment variables. */
const IN_MEMORY = '<IN MEMORY>';

/**
 * Asks the docker client which engine it uses, so that contexts, DOCKER_HOST, DOCKER_CONTEXT, DOCKER_TLS_VERIFY and
 * DOCKER_CERT_PATH work as in a terminal.
 * @throws JamdevError `DockerMissing`, `DockerStopped`
 */
export async function readDockerContext(signal?: AbortSignal): Promise<DockerContext> {
  const { DOCKER_HOST = '' } = process.env;
  const args = ['context', 'inspect', '--format', '{{json .}}'];
  const { ok, stdout, stderr } = await runDocker(args, { signal, timeoutMs: QUICK_TIMEOUT_MS });
  signal?.throwIfAborted();
  // The `docker` command of Podman has no contexts.
  const isPodman = DOCKER_HOST !== '' && /unrecognized command/i.test(stderr);
  if (!ok && !isPodman) throw dockerErrors.dockerStopped(firstLine(stderr));
  const context = isPodman ? undefined : parseContext(stdout);
  return {
    url: context?.Endpoints.docker.Host ?? DOCKER_HOST,
    tls: context && (await readTls(context)),
    environment: DOCKER_HOST === '' ? { DOCKER_CONTEXT: context?.Name ?? 'default' } : { DOCKER_HOST },
  };
}

/** @throws JamdevError `DockerStopped` if the client printed something else */
function parseContext(printed: string): z.infer<typeof contextSchema> {
  try {
    return contextSchema.parse(JSON.parse(printed));
  } catch (error) {
    noteHandled('docker', 'reading the docker context', error);
    throw dockerErrors.dockerStopped('"docker context inspect" printed no context');
  }
}

/** @throws JamdevError `DockerStopped` if a certificate can't be read */
async function readTls(context: z.infer<typeof contextSchema>): Promise<EngineTls> {
  const names = context.TLSMaterial.docker ?? [];
  if (names.length === 0) return undefined;
  const { TLSPath } = context.Storage;
  const { DOCKER_CERT_PATH = '' } = process.env;
  const folder = TLSPath !== IN_MEMORY ? join(TLSPath, 'docker') : DOCKER_CERT_PATH || join(homedir(), '.docker');
  const tls: NonNullable<EngineTls> = { rejectUnauthorized: !context.Endpoints.docker.SkipTLSVerify };
  try {
    for (const kind of ['ca', 'cert', 'key'] as const) {
      if (names.includes(`${kind}.pem`)) tls[kind] = await readFile(join(folder, `${kind}.pem`));
    }
    return tls;
  } catch (error) {
    throw dockerErrors.dockerStopped((error as Error).message);
  }
}
