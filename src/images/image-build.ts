import { existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runBuildProcess } from '../builds/build-process.js';
import type { ImageOutcome, ImageRequest } from '../builds/image-request.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { type DockerBuilder, KnownBuilder } from '../docker-engine/docker-builder.js';
import { dockerEnvironment } from '../docker-engine/docker-cli.js';
import type { Engine } from '../docker-engine/engine.js';
import { ignoreError } from '../os/debug/debug-log.js';
import type { ChildRegister } from '../processes/child-register.js';
import { removeContainer } from '../runtime/docker/lost-containers.js';
import { type BuildContext, openBuildContext } from './build-context.js';
import { describeBuildFailure } from './build-failure.js';
import { describeNeeds, findBuildKitNeeds } from './buildkit-needs.js';
import { ClassicStages, removeImage } from './classic-stages.js';
import { clientNotStarted } from './client-not-started.js';
import { imageName } from './image-name.js';
import { passVariables } from './pass-variables.js';

/** Advice that newer docker clients print before every build with the classic builder. */
const ADVICE =
  /^DEPRECATED: The legacy builder|^\s+Install the buildx component|^\s+https:\/\/docs\.docker\.com\/go\/buildx/;

/**
 * Builds an image with `docker build` in its own process group, using BuildKit if it is available.
 * @param signal ends the build; a tag that was created anyway is removed
 * @param onLine receives output as it arrives
 * @param register records the docker client, so that it is found after a crash of this program
 */
export async function buildImage(
  engine: Engine,
  request: ImageRequest,
  signal: AbortSignal,
  onLine: (line: string) => void,
  register?: ChildRegister,
): Promise<ImageOutcome> {
  const image = imageName(request);
  const unusable = missingInput(request);
  if (unusable !== undefined) return { ok: false, failure: unusable, lines: [], image, digest: '' };
  const scratch = await makeScratchFolder(request.scratch);
  let context: BuildContext | undefined;
  try {
    context = await openBuildContext(request, request.project);
    const sent = { ...request, context: context.folder, dockerfile: context.dockerfile };
    return await runBuild(engine, sent, image, join(scratch, 'id'), signal, onLine, register);
  } finally {
    await context?.dispose();
    await rm(scratch, { recursive: true, force: true });
  }
}

async function makeScratchFolder(parent = tmpdir()): Promise<string> {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  return mkdtemp(join(parent, 'jamdev-build-'));
}

/** @param idFile the file to which the builder writes the image's id */
async function runBuild(
  engine: Engine,
  request: ImageRequest,
  image: string,
  idFile: string,
  signal: AbortSignal,
  onLine: (line: string) => void,
  register?: ChildRegister,
): Promise<ImageOutcome> {
  const refuse = (failure: string) => ({ ok: false, failure, lines: [], image, digest: '' });
  const { environment } = engine.endpoint;
  const { builder: knownBuilder = new KnownBuilder(environment), pipes } = request;
  const [builder, stages] = await Promise.all([
    knownBuilder.find(),
    ClassicStages.follow(engine).catch(onlyJamdevError),
  ]);
  if (stages instanceof JamdevError) return refuse(stages.sentence.replace(/\.$/, ''));
  const { args, env } = buildArguments(request, image, idFile, { ...environment, ...BUILDKIT_SETTING[builder] });
  const tidied = (raw: string, isFirst: boolean) => {
    const line = tidy(raw);
    stages.hear(line);
    return ADVICE.test(line) || (line === '' && isFirst) ? undefined : line;
  };
  const spec = { file: 'docker', args, cwd: request.context, env, tidy: tidied };
  const { code, cause, lines } = await runBuildProcess(spec, signal, onLine, register, pipes);
  const digest = code === 0 ? await readDigest(idFile) : '';
  await stages.keep(image, digest).catch(ignoreError('docker', 'naming what a build left'));
  if (signal.aborted && digest !== '') await removeImage(engine, image);
  if (digest !== '') return { ok: true, failure: '', lines, image, digest };
  knownBuilder.forget();
  await removeStepContainers(engine, lines);
  const failure =
    cause === undefined
      ? `${describeBuildFailure(lines, code ?? undefined, request.platform)}${await explainMissingBuildKit(builder, request)}`
      : clientNotStarted(cause, spec).sentence.replace(/\.$/, '');
  return { ok: false, failure, lines, image, digest: '' };
}

/** @returns '' if there is no id: some clients exit with 0 when a signal cancels their request */
async function readDigest(idFile: string): Promise<string> {
  return existsSync(idFile) ? (await readFile(idFile, 'utf8')).trim() : '';
}

/** Names the parts of the Dockerfile that need BuildKit if it is missing; '' if that does not explain the failure. */
async function explainMissingBuildKit(builder: DockerBuilder, { dockerfile }: ImageRequest): Promise<string> {
  if (builder !== 'classic') return '';
  const needs = findBuildKitNeeds(await readFile(dockerfile, 'utf8')).filter(({ fails }) => fails);
  return needs.length === 0 ? '' : `. BuildKit is missing, which ${describeNeeds(needs)} needs: ${howToGetBuildKit()}`;
}

/** Says how to get BuildKit if it is missing. */
export function howToGetBuildKit(): string {
  return process.env.DOCKER_BUILDKIT === undefined
    ? "install Docker's buildx component (https://docs.docker.com/go/buildx/)"
    : 'unset DOCKER_BUILDKIT, which turns it off';
}

/** Makes docker clients that support several builders use the one that was found. */
const BUILDKIT_SETTING: Record<DockerBuilder, Record<string, string>> = {
  buildkit: { DOCKER_BUILDKIT: '1' },
  classic: { DOCKER_BUILDKIT: '0' },
  podman: { DOCKER_BUILDKIT: '0' },
};

/** Removes the container that the classic builder leaves after a failed step. Not every builder supports `--force-rm`. */
async function removeStepContainers(engine: Engine, lines: readonly string[]): Promise<void> {
  const left = new Set<string>();
  for (const line of lines) {
    const [, begun] = /^ ---> Running in ([0-9a-f]{12})$/.exec(line) ?? [];
    const [, over] = /Remov\w+ intermediate container ([0-9a-f]{12})$/.exec(line) ?? [];
    if (begun !== undefined) left.add(begun);
    if (over !== undefined) left.delete(over);
  }
  await Promise.all(
    [...left].map((id) => removeContainer(engine, id).catch(ignoreError('docker', 'removing the container of a step'))),
  );
}

function buildArguments(
  request: ImageRequest,
  image: string,
  idFile: string,
  environment: Record<string, string>,
): { args: string[]; env: NodeJS.ProcessEnv } {
  const { dockerfile, context, platform, target } = request;
  const args = ['build', '--file', dockerfile, '--tag', image, '--iidfile', idFile];
  if (platform !== undefined) args.push('--platform', platform);
  if (target !== undefined) args.push('--target', target);
  const variables = passVariables('--build-arg', request.buildArgs ?? {});
  args.push(...variables.args, context);
  // BUILDKIT_PROGRESS replaces `--progress plain`, which the classic builder does not support. Attestations include the
  // build time, so with them even a fully cached build would produce a different image.
  const settings = { BUILDKIT_PROGRESS: 'plain', BUILDX_NO_DEFAULT_ATTESTATIONS: '1' };
  return { args, env: dockerEnvironment(environment, variables.env, settings) };
}

/** Checks the inputs of a build before anything is sent to the engine, for a clearer message than docker's. */
export function missingInput({
  dockerfile,
  context,
}: Pick<ImageRequest, 'dockerfile' | 'context'>): string | undefined {
  const file = statSync(dockerfile, { throwIfNoEntry: false });
  if (file === undefined) return `there is no Dockerfile ${dockerfile}: check "dockerfile", or --dockerfile`;
  if (!file.isFile()) return `${dockerfile} is not a file: "dockerfile" must name the Dockerfile itself`;
  if (file.size === 0) return `the Dockerfile ${dockerfile} is empty`;
  const folder = statSync(context, { throwIfNoEntry: false });
  if (folder?.isDirectory()) return undefined;
  const what = context === dirname(dockerfile) ? '' : ': check "dockerOptions.path", or --context';
  return `there is no folder ${context} to build from${what}`;
}

/** Drops the carriage returns of a progress display and keeps the text that was last visible. */
function tidy(line: string): string {
  return line.replace(/\r+$/, '').replace(/^.*\r/, '');
}

/** @throws every error that is not a JamdevError */
function onlyJamdevError(error: unknown): JamdevError {
  if (error instanceof JamdevError) return error;
  throw error;
}
