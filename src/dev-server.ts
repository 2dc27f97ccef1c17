import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { createApi } from './api/app.js';
import { toConnectResponse } from './api/connect-results.js';
import { createApiServer } from './api/server.js';
import { KILL_AT_ONCE } from './builds/build-process.js';
import { Builder } from './builds/builder.js';
import { HotRebuild } from './builds/hot-rebuild.js';
import { LoadedFiles } from './builds/loaded-files.js';
import { type BuildOwner, createMakeBuild, describeBuild } from './builds/make-build.js';
import type { DevFlags } from './config/dev-flags.js';
import { createReadEnvFiles } from './config/env-file.js';
import { readOwnPackage } from './config/own-package.js';
import { type DevConfig, resolveConfig } from './config/resolve.js';
import type { BuildOutcome, DevInfo } from './contract/dev-endpoints.js';
import type { JamdevError } from './contract/errors/jamdev-error.js';
import { parseConnectRequest } from './contract/requests.js';
import type { ConnectResponse } from './contract/responses.js';
import { listenForBoth, urlHost } from './dev-server/both-ports.js';
import { ConfigFollower } from './dev-server/config-follower.js';
import { chooseRuntimes, prepareDocker, usesDocker } from './dev-server/docker-parts.js';
import { startHousekeeping } from './dev-server/housekeeping.js';
import { cleanUpAfterDeadServers } from './dev-server/other-servers.js';
import { identifyRun } from './dev-server/run-identity.js';
import { StateGuard } from './dev-server/state-guard.js';
import { ImageCatalog } from './images/image-catalog.js';
import { LogStore } from './logs/log-store.js';
import { pause, systemClock } from './os/clock.js';
import { Platform } from './platform/platform.js';
import { PipePool } from './processes/pipe-pool.js';
import { ConnectionProxy } from './proxy/proxy-server.js';
import type { ChildRegister } from './records/child-register.js';
import { LearnedOutputs } from './records/learned-outputs.js';
import { moveOldState, oldStateOf } from './records/old-state.js';
import { RunRegister } from './records/run-register.js';
import { createStateFolder } from './records/state-folder.js';
import type { LeftoverOutcome } from './runtime/process/leftovers.js';
import { ProcessRuntime } from './runtime/process/process-runtime.js';
import { RuntimeSwitch } from './runtime/runtime-switch.js';

/** How long closing waits for backends and builds to end, before it continues without them. */
const CLOSE_DEADLINE_MS = 15_000;

/** What is asked of {@link DevServer.connect}: the body of a v2 connect request, and the service's name. */
export interface ConnectOptions {
  /** Default: the default service. */
  service?: string;
  key?: string;
  user?: string;
  auth?: Record<string, unknown>;
  spawn?:
    | boolean
    | {
        tag?: string;
        lifetime_limit_seconds?: number;
        max_idle_seconds?: number;
        executable?: { env?: Record<string, string> };
      };
}

export interface DevServerEvents {
  /** A fault of jamdev's own; `id` is what the API's answer carried. */
  fault: [error: unknown, id: string];
  /** Something that the user should know, in a sentence: its state was deleted, or the project folder renamed. */
  notice: [text: string];
  /** A page of the user's own, by its origin, called the API itself; once in the life of a dev server. */
  pageCall: [origin: string];
  /** A file that says what to run has changes that take effect after a restart, in words. */
  configFixed: [file: string, what: readonly string[]];
  /** A file that says what to run can't be used as it is now; the previous content stays in use. */
  configProblem: [error: JamdevError];
}

/** The parts of a running dev server, for the command line to watch. */
export interface DevServerParts {
  platform: Platform;
  builder: Builder;
  hotRebuild: HotRebuild;
  logs: LogStore;
  /** Knows what this dev server starts; other programs started for it should be known as well. */
  register: ChildRegister;
}

/** A running dev server. */
export interface DevServer extends AsyncDisposable {
  readonly config: DevConfig;
  readonly info: DevInfo;
  /** As `http://localhost:8080`. */
  readonly apiUrl: string;
  /** As `http://localhost:9090`. */
  readonly proxyUrl: string;
  /** What became, at the start, of the processes that an earlier dev server in this folder had left behind. */
  readonly leftovers: LeftoverOutcome;
  /** What should be said about how backends run: that there is no Docker engine, for instance. */
  readonly remark: string | undefined;
  /** API URLs of other dev servers that ran in this folder at the start. */
  readonly others: readonly string[];
  /** Where the project's logs, records and volumes lie; an absolute path. */
  readonly stateFolder: string;
  /** What should be said about that, in sentences. */
  readonly stateRemarks: readonly string[];
  readonly events: EventEmitter<DevServerEvents>;
  readonly parts: DevServerParts;
  /** The same as the API's v2 connect. @throws JamdevError */
  connect(options?: ConnectOptions): Promise<ConnectResponse>;
  /** Builds every service again. @param reason shown to the person at the terminal */
  build(reason: string): Promise<BuildOutcome[]>;
  /**
   * Ends every backend (SIGTERM, and SIGKILL after ten seconds) and stops listening. Safe to call again.
   * @param hard SIGKILL at once; also turns a soft closing that is under way hard
   */
  close(hard?: boolean): Promise<void>;
  /** The last resort when the program itself is about to end: kills what still runs, synchronously. */
  killNow(): void;
}

/**
 * Starts a dev server: API, proxy, and backends as the config says. Nothing is printed.
 * @param flags what is not given comes from the project's config file and package.json
 * @throws JamdevError when there is nothing to run, a port is taken, or the project folder can't be written
 */
export async function startDevServer(flags: DevFlags = {}): Promise<DevServer> {
  const resolved = await resolveConfig(flags);
  const { services, remark } = await chooseRuntimes(resolved.services);
  const config: DevConfig = { ...resolved, services };
  const folder = createStateFolder(config.project);
  const { others, ...leftovers } = await cleanUpAfterDeadServers(folder, usesDocker(config));
  // Now that nothing uses it anymore that was left behind.
  const stateRemarks = [...folder.remarks, ...(await moveOldState(config.project, folder))];
  const runId = randomUUID();
  const register = new RunRegister(folder, await identifyRun(config, runId));

  const events = new EventEmitter<DevServerEvents>();
  const logs = new LogStore(folder.logs, oldStateOf(config.project).logs);
  const readEnvFiles = createReadEnvFiles();
  const pipes = new PipePool();
  const loaded = new LoadedFiles(join(folder.root, 'loaded', runId));
  const docker = await prepareDocker(config, folder, runId, register);
  const owner: BuildOwner = {
    project: config.project,
    runId,
    register,
    pipes,
    contentOf: (service) => hotRebuild.contentOf(service),
    changedFilesOf: (service) => hotRebuild.unbuiltFilesOf(service),
    loaded,
    buildImage: docker?.buildImage,
  };
  const builder = new Builder(config.services, systemClock, createMakeBuild(owner, readEnvFiles));
  const runtime = new RuntimeSwitch(new ProcessRuntime(register, pipes), docker?.runtime);
  const names = config.services.map((service) => service.name);
  const images = new ImageCatalog(builder, docker?.findLocalImages, readEnvFiles);
  let info: DevInfo;
  const platform = new Platform(names, {
    runtime,
    builds: builder,
    images,
    clock: systemClock,
    logs,
    mounts: docker?.lockMounts(() => ({ apiUrl: info.api_url })),
    runId,
    useStaticToken: config.useStaticToken,
  });
  const imageKeeper = docker?.keepImages(builder, platform);
  const running = (): DevConfig => ({ ...config, services: builder.definitions as DevConfig['services'] });
  const follower = new ConfigFollower(flags, running, {
    redefine: (service, reason) => hotRebuild.redefine(service, reason),
    onFixed: (file, what) => events.emit('configFixed', file, what),
    onProblem: (error) => events.emit('configProblem', error),
  });
  const learned = new LearnedOutputs(folder);
  const hotRebuild: HotRebuild = new HotRebuild({
    builder,
    platform,
    clock: systemClock,
    configFiles: follower.files,
    reloadConfig: () => follower.reload(),
    outputsOf: (service) => learned.of(service),
    loaded,
  });
  hotRebuild.events.on('outputs', (service, files) => learned.keep(service, files));
  const allowedHosts = {
    names: config.host === undefined ? config.allowedHosts : [...config.allowedHosts, config.host],
    addresses: config.host !== undefined,
  };
  const proxy = new ConnectionProxy({
    tokens: platform.tokens,
    allowedHosts,
    clock: systemClock,
    version: readOwnPackage().version,
    reportFault: (error, id) => events.emit('fault', error, id),
  });
  const api = createApi({
    platform,
    builder,
    logs,
    allowedHosts,
    info: () => ({ ...info, watching: hotRebuild.watching }),
    reportFault: (error, id) => events.emit('fault', error, id),
    onPageCall: (origin) => events.emit('pageCall', origin),
  });

  // A port may answer while the other is still being opened: requests wait until all is in place.
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const ports = await listenForBoth(
    config,
    () =>
      createApiServer((request, response) => {
        void opened.then(() => api(request, response));
      }),
    () => proxy.createServer(),
  );
  const name = urlHost(config.host);
  info = {
    version: readOwnPackage().version,
    run_id: runId,
    pid: process.pid,
    project: config.project,
    state_folder: folder.root,
    api_url: `http://${name}:${ports.api.port}`,
    proxy_url: `http://${name}:${ports.proxy.port}`,
    watching: false,
  };
  try {
    register.open({ apiUrl: info.api_url, proxyUrl: info.proxy_url });
  } catch (error) {
    await Promise.all([ports.api.close(), ports.proxy.close()]);
    throw error;
  }
  const guard = new StateGuard({ folder, register, logs, tell: (text) => events.emit('notice', text) });

  const keepHouse = startHousekeeping({ folder, runId, platform, logs, loaded });
  // A build that writes files is watched from its very start, to know its output from a person's changes; and whoever
  // started this can listen before it begins.
  const watching = new Promise<void>((resolve) => {
    setImmediate(() => resolve(hotRebuild.start()));
  });
  const hasBuild = config.services.some((service) => describeBuild(service) !== undefined);
  void builder.buildAll('start', hasBuild ? watching : undefined);
  open();
  setImmediate(() => {
    keepHouse();
    void pipes.fill();
  });

  let closing: Promise<void> | undefined;
  const close = async (hard = false): Promise<void> => {
    if (hard) void platform.terminateAll(true);
    closing ??= (async () => {
      // Longer than a soft termination takes to turn hard; only a process that can't be killed needs more.
      const ended = Promise.all([hotRebuild.close(), builder.close(), platform.close()]);
      const over = new AbortController();
      const isOver = ended.then(() => imageKeeper?.close()).then(() => true);
      const haveEnded = await Promise.race([isOver, pause(CLOSE_DEADLINE_MS, over.signal).then(() => false)]);
      // A timer that is left would keep whoever started this from ending.
      over.abort();
      await Promise.all([ports.api.close(), ports.proxy.close()]);
      await runtime.close();
      loaded.close();
      guard.close();
      if (haveEnded) register.remove();
      else register.close();
    })();
    await closing;
  };

  return {
    get config() {
      return running();
    },
    info,
    apiUrl: info.api_url,
    proxyUrl: info.proxy_url,
    remark,
    leftovers,
    others,
    stateFolder: folder.root,
    stateRemarks,
    events,
    parts: { platform, builder, hotRebuild, logs, register },
    async connect({ service = '-', ...request } = {}) {
      return toConnectResponse(await platform.connect(service, parseConnectRequest(request)), info);
    },
    build: (reason) => builder.buildAll(reason),
    close,
    killNow: () => {
      builder.cancelAll(KILL_AT_ONCE);
      runtime.killAll();
    },
    [Symbol.asyncDispose]: () => close(),
  };
}
