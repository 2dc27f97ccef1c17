import { statSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runBuildProcess } from '../builds/build-process.js';
import type { ImageOutcome, ImageRequest } from '../builds/image-request.js';
import type { ChildRegister } from '../records/child-register.js';
import { clientNotStarted } from '../runtime/docker/client-not-started.js';
import { dockerEnvironment, passVariables, runDocker } from '../runtime/docker/docker-cli.js';
import { imageName } from '../runtime/docker/image-name.js';
import { type BuildContext, openBuildContext } from './build-context.js';
import { describeBuildFailure } from './build-failure.js';

/** What newer clients print before every build with the classic builder. */
const ADVICE =
  /^DEPRECATED: The legacy builder|^\s+Install the buildx component|^\s+https:\/\/docs\.docker\.com\/go\/buildx/;

/**
 * Builds an image by `docker build`, in a process group of its own, with whichever builder docker chooses.
 * @param signal ends it; a tag that was made all the same is removed
 * @param onLine receives its output as it comes
 * @param register knows the client, to be found again after a crash of this program
 */
export async function buildImage(
  request: ImageRequest,
  signal: AbortSignal,
  onLine: (line: string) => void,
  register?: ChildRegister,
): Promise<ImageOutcome> {
  const image = imageName(request);
  const unusable = missingInput(request);
  if (unusable !== undefined) return { ok: false, failure: unusable, lines: [], image, digest: '' };
  const scratch = await mkdtemp(join(tmpdir(), 'jamdev-build-'));
  let context: BuildContext | undefined;
  try {
    context = await openBuildContext(request, request.project);
    const sent = { ...request, context: context.folder, dockerfile: context.dockerfile };
    return await runBuild(sent, image, join(scratch, 'id'), signal, onLine, register);
  } finally {
    await context?.dispose();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** @param idFile where the builder is to write the id of the image */
async function runBuild(
  request: ImageRequest,
  image: string,
  idFile: string,
  signal: AbortSignal,
  onLine: (line: string) => void,
  register?: ChildRegister,
): Promise<ImageOutcome> {
  const { args, env } = buildArguments(request, image, idFile);
  const tidied = (raw: string, isFirst: boolean) => {
    const line = tidy(raw);
    return ADVICE.test(line) || (line === '' && isFirst) ? undefined : line;
  };
  const spec = { file: 'docker', args, cwd: request.context, env, tidy: tidied };
  const { code, cause, lines } = await runBuildProcess(spec, signal, onLine, register);
  if (signal.aborted && code === 0) await removeImage(image);
  if (code === 0) return { ok: true, failure: '', lines, image, digest: (await readFile(idFile, 'utf8')).trim() };
  await removeStepContainers(lines);
  const failure =
    cause === undefined
      ? describeBuildFailure(lines, code ?? undefined, request.platform)
      : clientNotStarted(cause, spec).sentence.replace(/\.$/, '');
  return { ok: false, failure, lines, image, digest: '' };
}

/**
 * Removes the tag of an image, and the image with it; one that a container uses stays, and so does one that is not
 * within reach.
 * @returns whether it is gone
 */
export async function removeImage(image: string): Promise<boolean> {
  const { ok, stderr } = await runDocker(['rmi', image]).catch(() => ({ ok: false, stderr: '' }));
  return ok || /no such image/i.test(stderr);
}

/** The classic builder leaves the container of a step that failed; `--force-rm` is not known to every builder. */
async function removeStepContainers(lines: readonly string[]): Promise<void> {
  const left = new Set<string>();
  for (const line of lines) {
    const [, begun] = /^ ---> Running in ([0-9a-f]{12})$/.exec(line) ?? [];
    const [, over] = /Remov\w+ intermediate container ([0-9a-f]{12})$/.exec(line) ?? [];
    if (begun !== undefined) left.add(begun);
    if (over !== undefined) left.delete(over);
  }
  if (left.size > 0) await runDocker(['rm', '--force', '--volumes', ...left]).catch(() => undefined);
}

function buildArguments(
  request: ImageRequest,
  image: string,
  idFile: string,
): { args: string[]; env: NodeJS.ProcessEnv } {
  const { dockerfile, context, platform, target } = request;
  const args = ['build', '--file', dockerfile, '--tag', image, '--iidfile', idFile];
  if (platform !== undefined) args.push('--platform', platform);
  if (target !== undefined) args.push('--target', target);
  const variables = passVariables('--build-arg', request.buildArgs ?? {});
  args.push(...variables.args, context);
  // In place of `--progress plain`, which the classic builder does not know.
  // Attestations hold the time of the build, so with them even a build from the cache would be another image.
  const settings = { BUILDKIT_PROGRESS: 'plain', BUILDX_NO_DEFAULT_ATTESTATIONS: '1' };
  return { args, env: dockerEnvironment(variables.env, settings) };
}

/** What docker would say in its own words, said clearly and before anything is sent to the engine. */
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

/** Without the carriage returns of a progress display: what was to be seen last. */
function tidy(line: string): string {
  return line.replace(/\r+$/, '').replace(/^.*\r/, '');
}
