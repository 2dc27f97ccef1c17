import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { createReadEnvFiles, type ReadEnvFiles } from '../config/env-file.js';
import type { DockerServiceConfig, ProcessServiceConfig, ServiceConfig } from '../config/service-config.js';
import { pathErrors } from '../os/path-errors.js';
import type { ChildRegister } from '../processes/child-register.js';
import type { PipePool } from '../processes/pipe-pool.js';
import { NodePreload } from '../runtime/process/node-preload.js';
import type { Build } from '../runtime/runtime.js';
import { type CommandOutcome, runBuildCommand } from './build-command.js';
import type { BuildProcessEnd } from './build-process.js';
import { checkChange, findDefaultCheck } from './default-check.js';
import type { BuildImage } from './image-request.js';
import { LOADED_FOLDER_VARIABLE, type LoadedFiles } from './loaded-files.js';
import { SharedRuns } from './shared-runs.js';
import type { SyntaxParser } from './syntax-parser.js';
import { WRITES_FOLDER_VARIABLE, type WriteReports } from './write-reports.js';
import { backendsOf, buildOf } from './writer.js';

/** The result of one build. `build` is undefined if it failed. */
export interface MadeBuild {
  build: Build | undefined;
  /** See `GoodBuild`. */
  fingerprint: string;
  /** What went wrong, in a few words. */
  failure: string;
  /** Its output. */
  lines: string[];
  /** See {@link BuildProcessEnd}; undefined if nothing was run. */
  lingering?: BuildProcessEnd['lingering'] | undefined;
}

/** Performs one build. */
export type MakeBuild = (
  service: ServiceConfig,
  number: number,
  signal: AbortSignal,
  onLine: (line: string) => void,
) => Promise<MadeBuild>;

/** Returns the command or step that builds a service, for a person; undefined if there is nothing to build. */
export function describeBuild(service: ServiceConfig): string | undefined {
  return service.runtime === 'process' ? service.build : 'docker build';
}

/** Does the same for a build after the first one, which may check the syntax of changed files instead. */
export function describeRebuild(service: ServiceConfig): string | undefined {
  const check = service.runtime === 'process' ? findDefaultCheck(service) : undefined;
  return check === undefined ? describeBuild(service) : `syntax check of ${relative(service.root, check.entry)}`;
}

/**
 * Reads the variables for every backend of a service, including those in its env files.
 * @throws JamdevError `ConfigUnreadable`
 */
export async function backendEnvironment(
  { envFiles, env }: Pick<ServiceConfig, 'envFiles' | 'env'>,
  readEnvFiles: ReadEnvFiles,
  signal?: AbortSignal,
): Promise<Record<string, string>> {
  return { ...(await readEnvFiles(envFiles, signal)).env, ...env };
}

/** The owner of builds, with what the builds need. */
export interface BuildOwner {
  project: string;
  /** The random id of the project's state folder. */
  stateId: string;
  runId: string;
  /** Records every process that is started, so that it is found after a crash of this program. */
  register?: ChildRegister;
  /** Provides the pipes for the output of build commands. */
  pipes?: PipePool;
  /**
   * Returns a text that identifies the current content of a service's files. If that is unknown, it returns a text that no
   * other call returns. Default: always unknown.
   */
  contentOf?(service: string): Promise<string>;
  /** Returns absolute paths of a service's files that changed since its last good build. Default: none. */
  changedFilesOf?(service: string): readonly string[];
  /** The files that running backends have loaded. Default: none. */
  loaded?: LoadedFiles;
  /** Checks syntax faster than a process does. Default: none. */
  parser?: SyntaxParser;
  /** Receives backends' reports about the files that they write. Default: none. */
  writes?: WriteReports;
  /** Builds images. Required by services that run in containers. */
  buildImage?: BuildImage | undefined;
}

/** Shared by the builds of all services. */
interface BuildTools {
  runs: SharedRuns<CommandOutcome>;
  preload: NodePreload;
}

/** Creates the function that builds services of either kind. */
export function createMakeBuild(owner: BuildOwner, readEnvFiles = createReadEnvFiles()): MakeBuild {
  const tools = { runs: new SharedRuns<CommandOutcome>(), preload: new NodePreload() };
  return async (service, number, signal, onLine) => {
    const env = await backendEnvironment(service, readEnvFiles, signal);
    if (service.runtime === 'process')
      return makeProcessBuild(service, number, env, { ...owner, ...tools }, signal, onLine);
    return makeContainerBuild(service, number, env, owner, signal, onLine);
  };
}

/** Builds a service whose backends are child processes: runs its build command, if it has one. */
async function makeProcessBuild(
  service: ProcessServiceConfig,
  number: number,
  env: Record<string, string>,
  owner: BuildOwner & BuildTools,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<MadeBuild> {
  const { command, commandEnv, cwd, remap8080 } = service;
  // A renamed or deleted project is not a new version: running backends continue.
  if (!existsSync(cwd)) return { build: undefined, fingerprint: '', failure: missingFolder(cwd), lines: [] };
  const made =
    service.build === undefined
      ? await checkInstead(service, number, env, owner, signal)
      : await runShared(service, service.build, env, owner, signal, onLine);
  const { ok, failure, lines, lingering } = made;
  if (!ok) return { build: undefined, fingerprint: '', failure, lines, lingering };
  const run = { command, cwd, env: { ...commandEnv, ...env, ...preloadVariables(service, owner) }, remap8080 };
  const fingerprint = fingerprintOf(run, (await owner.contentOf?.(service.name)) ?? randomUUID());
  return { build: { kind: 'process', number, ...run }, fingerprint, failure, lines, lingering };
}

/** Runs a build command, once for all services with the same command in the same folder. */
function runShared(
  service: ProcessServiceConfig,
  command: string,
  serviceEnv: Record<string, string>,
  { runs, preload, register, pipes, writes }: BuildOwner & BuildTools,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<CommandOutcome> {
  const { cwd, buildEnv, remap8080 } = service;
  const writer = buildOf(service);
  const env = { ...buildEnv, ...serviceEnv };
  const folder = remap8080 && writer !== undefined ? writes?.folderOf(writer) : undefined;
  const reports = folder === undefined ? undefined : { preload, folder };
  return runs.run(JSON.stringify([cwd, command]), env, signal, (allLeft) =>
    runBuildCommand(command, { cwd, env, reports }, allLeft, onLine, register, pipes),
  );
}

/** Checks a service's changes without a build, if possible. The first build has no changes. */
async function checkInstead(
  service: ProcessServiceConfig,
  number: number,
  env: Record<string, string>,
  owner: BuildOwner,
  signal: AbortSignal,
): Promise<CommandOutcome> {
  const check = number === 1 ? undefined : findDefaultCheck(service);
  if (check === undefined) return { ok: true, failure: '', lines: [] };
  const loaded = (await owner.loaded?.list()) ?? new Set<string>();
  const changed = owner.changedFilesOf?.(service.name) ?? [];
  const surroundings = { cwd: service.cwd, env, parser: owner.parser };
  const bad = await checkChange(check, changed, loaded, surroundings, signal);
  if (bad === undefined) return { ok: true, failure: '', lines: [] };
  const file = relative(service.root, bad.path);
  const failure = {
    missing: `${file} does not exist`,
    'not a file': `${file} is not a file`,
    'syntax error': `syntax error in ${file}`,
  }[bad.problem];
  return { ok: false, failure, lines: bad.lines };
}

/** Returns variables that make the preload record which files backends write, and which they load if that affects checks. */
function preloadVariables(service: ProcessServiceConfig, { loaded, writes }: BuildOwner): Record<string, string> {
  if (!service.remap8080) return {};
  const isChecked = findDefaultCheck(service)?.language === 'node';
  return {
    ...(loaded !== undefined && isChecked && { [LOADED_FOLDER_VARIABLE]: loaded.folder }),
    ...(writes !== undefined && { [WRITES_FOLDER_VARIABLE]: writes.folderOf(backendsOf(service.name)) }),
  };
}

function missingFolder(folder: string): string {
  return pathErrors.folderMissing(folder).message.replace(/\.$/, '');
}

/** Builds a service whose backends are containers: builds its image. */
async function makeContainerBuild(
  service: DockerServiceConfig,
  number: number,
  env: Record<string, string>,
  { project, stateId, runId, register, buildImage }: BuildOwner,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<MadeBuild> {
  const { name, dockerfile, context, platform, buildArgs, target, network, init } = service;
  if (buildImage === undefined) throw new Error(`${name} runs in containers, and nothing was given that builds images`);
  const request = { project, stateId, runId, service: name, number, dockerfile, context, platform, buildArgs, target };
  const { ok, failure, lines, image, digest } = await buildImage(request, signal, onLine, register);
  const run = { digest, env, network, init, platform };
  const build = { kind: 'container', number, image, ...run } as const;
  return { build: ok ? build : undefined, fingerprint: fingerprintOf(run), failure, lines };
}

/** @returns the same text for the same parts */
function fingerprintOf(...parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
