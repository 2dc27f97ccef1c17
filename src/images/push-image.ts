import { z } from 'zod';
import { runBuildProcess } from '../builds/build-process.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { dockerEnvironment } from '../docker-engine/docker-cli.js';
import type { Engine } from '../docker-engine/engine.js';
import { EngineError } from '../docker-engine/engine-error.js';
import type { RegistryLogin } from '../docker-engine/engine-http.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { clientNotStarted } from './client-not-started.js';
import { imageErrors } from './image-errors.js';

/** An image and its destination. */
export interface ImagePush {
  /** A name of the image in the engine. */
  image: string;
  /** `HOST/NAME`. */
  repository: string;
  tag: string;
  /** The login for the push; undefined: the docker client's logins. */
  login: RegistryLogin | undefined;
}

const inspectSchema = z.object({ RepoDigests: z.array(z.string()).nullish() });
/** A line of the engine's progress report for a push. */
const progressSchema = z.object({
  error: z.string().optional(),
});

/**
 * Pushes an image to a registry. A given login is sent to the engine with the request and never stored. Without one, the
 * docker client pushes, with the user's own logins and credential helpers.
 * @param onLine receives the client's output
 * @returns the reference of the pushed image, with its digest
 * @throws JamdevError `PushFailed`
 */
export async function pushImage(
  engine: Engine,
  { image, repository, tag, login }: ImagePush,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<string> {
  const name = `${repository}:${tag}`;
  await engine.request('POST', `/images/${image}/tag`, { query: { repo: repository, tag } });
  try {
    if (login === undefined) await pushByClient(engine, name, signal, onLine);
    else await pushByEngine(engine, { repository, tag, login }, signal);
    signal.throwIfAborted();
    const { RepoDigests } = inspectSchema.parse(await engine.request('GET', `/images/${name}/json`));
    const pushed = RepoDigests?.find((each) => each.startsWith(`${repository}@`));
    if (pushed === undefined) throw imageErrors.pushFailed(name, 'the engine does not report its digest');
    return pushed;
  } finally {
    await removeName(engine, name);
  }
}

async function pushByEngine(
  engine: Engine,
  { repository, tag, login }: Pick<ImagePush, 'repository' | 'tag'> & { login: RegistryLogin },
  signal: AbortSignal,
): Promise<void> {
  const name = `${repository}:${tag}`;
  try {
    const stream = await engine.stream('POST', `/images/${repository}/push`, { query: { tag }, login, signal });
    for await (const line of linesOf(stream)) {
      const { error } = progressSchema.parse(JSON.parse(line));
      if (error !== undefined) throw imageErrors.pushFailed(name, error);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof EngineError ? imageErrors.pushFailed(name, error.message) : error;
  }
}

async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line.trim() !== '');
  }
  if (rest.trim() !== '') yield rest;
}

async function pushByClient(
  engine: Engine,
  name: string,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<void> {
  const spec = { file: 'docker', args: ['push', name], cwd: '/', env: dockerEnvironment(engine.endpoint.environment) };
  const { code, cause, lines } = await runBuildProcess(spec, signal, onLine);
  if (signal.aborted || code === 0) return;
  if (cause !== undefined) throw clientNotStarted(cause, spec);
  throw imageErrors.pushFailed(name, lines.at(-1) ?? `docker push ended with ${code}`);
}

/** Removes only the name that was made for the push. The image keeps the name from its build. */
async function removeName(engine: Engine, name: string): Promise<void> {
  try {
    await engine.request('DELETE', `/images/${name}`, { query: { noprune: true } });
  } catch (error) {
    if (!(error instanceof EngineError || error instanceof JamdevError)) throw error;
    noteHandled('docker', 'removing the name of a pushed image', error);
  }
}
