import { join } from 'node:path';
import { Builder } from '../builds/builder.js';
import { HotRebuild } from '../builds/hot-rebuild.js';
import { LoadedFiles } from '../builds/loaded-files.js';
import { type BuildOwner, createMakeBuild } from '../builds/make-build.js';
import { untilReachable } from '../builds/rollout.js';
import { SyntaxParser } from '../builds/syntax-parser.js';
import { WriteReports } from '../builds/write-reports.js';
import { createReadEnvFiles } from '../config/env-file.js';
import type { DevConfig } from '../config/resolve.js';
import { ImageCatalog } from '../images/image-catalog.js';
import { LogStore } from '../logs/log-store.js';
import { systemClock } from '../os/clock.js';
import type { ControlPlane } from '../platform/control-plane.js';
import { LocalControlPlane } from '../platform/local-control-plane.js';
import { Platform } from '../platform/platform.js';
import { PipePool } from '../processes/pipe-pool.js';
import { LearnedFiles } from '../records/learned-files.js';
import { oldStateOf } from '../records/old-state.js';
import type { RunRegister } from '../records/run-register.js';
import { CompileCache } from '../runtime/process/compile-cache.js';
import { ProcessRuntime } from '../runtime/process/process-runtime.js';
import { RuntimeSwitch } from '../runtime/runtime-switch.js';
import { WarmPools } from '../runtime/sdk/warm-pools.js';
import { ConfigFollower } from './config-follower.js';
import { type DockerParts, prepareDocker } from './docker-parts.js';
import type { EventBus } from './events.js';
import { publishLink } from './remote-engine.js';
import type { ResolvedRun } from './resolve.js';
import type { ServerInfo } from './server-info.js';
import { prepareStandbys } from './standby.js';

/** The connected parts of a dev server, without its ports. */
export interface DevServerParts {
  platform: Platform;
  /** The platform as seen by its API and programs. */
  controlPlane: ControlPlane;
  builder: Builder;
  hotRebuild: HotRebuild;
  logs: LogStore;
  /** Records the programs that this dev server starts; other programs started for it should be recorded as well. */
  register: RunRegister;
  runtime: WarmPools;
  pipes: PipePool;
  loaded: LoadedFiles;
  parser: SyntaxParser;
  writes: WriteReports;
  /** The watched files that backends write, for `jamdev doctor`. */
  written: LearnedFiles;
  /** Removes unused images; undefined without containers. */
  imageKeeper: ReturnType<DockerParts['keepImages']> | undefined;
  /** Starts preparing backends ahead of time. */
  beginStandbys(): void;
  /** Returns the current config: a changed config file may have changed services. */
  config(): DevConfig;
}

/** Creates and connects all parts (phase 2). Nothing is started or written, and no port is opened. */
export async function prepareParts(run: ResolvedRun, info: ServerInfo, bus: EventBus): Promise<DevServerParts> {
  const { config, folder, runId, register } = run;
  const logs = new LogStore(folder.logs, oldStateOf(config.project).logs);
  const readEnvFiles = createReadEnvFiles();
  const pipes = new PipePool();
  const loaded = new LoadedFiles(join(folder.root, 'loaded', runId));
  const parser = new SyntaxParser();
  const writes = new WriteReports(join(loaded.folder, 'writes'));
  const docker = await prepareDocker({ ...run, pipes });
  if (run.engine !== undefined) publishLink(run.engine, bus);
  const owner: BuildOwner = {
    project: config.project,
    stateId: folder.project.id,
    runId,
    register,
    pipes,
    contentOf: (service) => hotRebuild.contentOf(service),
    changedFilesOf: (service) => hotRebuild.unbuiltFilesOf(service),
    loaded,
    parser,
    writes,
    buildImage: docker?.buildImage,
  };
  const builder = new Builder(config.services, systemClock, createMakeBuild(owner, readEnvFiles));
  const compileCache = new CompileCache(join(folder.root, 'compile-cache'));
  const runtime = new WarmPools(
    new RuntimeSwitch(new ProcessRuntime(register, pipes, systemClock, compileCache), docker?.runtime),
    {
      clock: systemClock,
      noteAssignment: (slot, backendId) => register.noteAssignment(slot, backendId),
    },
  );
  const names = config.services.map((service) => service.name);
  const platform = new Platform(names, {
    runtime,
    builds: builder,
    images: new ImageCatalog(builder, docker?.findLocalImages, readEnvFiles),
    clock: systemClock,
    logs,
    mounts: docker?.lockMounts(() => ({ apiUrl: info.current.api_url })),
    runId,
    sessionsOf: (definition) => builder.definition(definition),
  });
  const runningConfig = (): DevConfig => ({ ...config, services: builder.definitions as DevConfig['services'] });
  const follower = new ConfigFollower(run.flags, runningConfig, {
    redefine: (service, reason) => hotRebuild.redefine(service, reason),
    onFixed: (file, what) => bus.publish({ type: 'config-needs-restart', file, what }),
    onProblem: (error) => bus.publish({ type: 'config-rejected', error }),
  });
  const learned = new LearnedFiles(folder, 'outputs');
  const written = new LearnedFiles(folder, 'backend-writes');
  const hotRebuild: HotRebuild = new HotRebuild({
    builder,
    platform,
    clock: systemClock,
    configFiles: follower.files,
    reloadConfig: () => follower.reload(),
    outputsOf: (service) => learned.of(service),
    loaded,
    writes,
  });
  hotRebuild.events.on('outputs', (service, files) => learned.keep(service, files));
  hotRebuild.events.on('written', ({ name }, patterns) => written.keep(name, [...written.of(name), ...patterns]));
  const imageKeeper = docker?.keepImages(builder, platform);
  return {
    platform,
    controlPlane: new LocalControlPlane(platform, logs),
    builder,
    hotRebuild,
    logs,
    register,
    runtime,
    pipes,
    loaded,
    parser,
    writes,
    written,
    imageKeeper,
    beginStandbys: prepareStandbys({
      builder,
      runtime,
      rolledOut: (service) => untilReachable(platform, service),
      tell: (text) => bus.publish({ type: 'notice', text }),
      clock: systemClock,
    }),
    config: runningConfig,
  };
}
