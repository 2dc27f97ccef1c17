import type { Engine } from '../../docker-engine/engine.js';
import { EngineError } from '../../docker-engine/engine-error.js';
import { systemClock } from '../../os/clock.js';
import { ignoreError } from '../../os/debug/debug-log.js';
import { PortPool } from '../../processes/port-pool.js';
import type {
  ContainerBuild,
  Prepared,
  Runtime,
  RuntimeBackend,
  SpawnRequest,
  StandbyOrder,
  StartKind,
} from '../runtime.js';
import { prepareMount } from './backend-mount.js';
import type { ContainerSpec } from './container-config.js';
import { insidePort } from './container-config.js';
import { ContainerLauncher, type Launched, LOOPBACK } from './container-launcher.js';
import { DockerBackend } from './docker-backend.js';
import { ImageCommands } from './image-commands.js';
import { containerName } from './labels.js';
import { hasOwnInit, isInitMissing } from './own-init.js';
import { poolPart } from './pool-part.js';
import { type Limit, limitsOf, refusedLimit } from './resource-limits.js';
import { findSharingObstacle } from './shared-folders.js';
import { checkVariables, startFailure } from './start-failure.js';
import { Starts } from './starts.js';
import { WarmContainers } from './warm-containers.js';

/** The settings that all containers of a dev server share. */
export interface DockerRuntimeOptions {
  engine: Engine;
  /** Absolute path of the project folder. */
  project: string;
  /** The random id of the project's state folder. */
  stateId: string;
  /** The person who runs the dev server, shown to others who share the engine: USER@HOST. */
  owner: string;
  /** The id of this run, by which the dev server's containers are recognized. */
  runId: string;
  /**
   * Absolute paths of folders for mounts. New mounts are created in the first one; existing ones stay where they are.
   */
  volumes: readonly [string, ...string[]];
  /** Absolute path of a private folder for files that are shared with containers. It need not exist. */
  controls: string;
}

/** Runs backends as containers through the engine's API. */
export class DockerRuntime implements Runtime {
  readonly #options: DockerRuntimeOptions;
  readonly #engine: Engine;
  readonly #launcher: ContainerLauncher;
  readonly #warm: WarmContainers;
  /** Ports for containers on this machine's own network; for all others, the engine chooses the port. */
  readonly #hostPorts = new PortPool();
  /** Limits that this engine does not support, which are left out of all further starts. */
  readonly #unsupported = new Set<Limit['kind']>();
  readonly #commands: ImageCommands;
  readonly #starts: Starts;
  #hasInit = true;

  constructor(options: DockerRuntimeOptions, clock = systemClock) {
    this.#options = options;
    this.#engine = options.engine;
    this.#launcher = new ContainerLauncher(options.engine, options.runId);
    this.#commands = new ImageCommands(options.engine);
    this.#starts = new Starts(clock);
    this.#warm = new WarmContainers({
      engine: options.engine,
      launcher: this.#launcher,
      clock,
      folder: options.controls,
      imageOf: (build) => this.#commands.of(build),
      specFor: (service, build) => this.#specFor(service, build),
    });
  }

  async spawn(request: SpawnRequest, signal: AbortSignal): Promise<RuntimeBackend> {
    signal.throwIfAborted();
    // Starts for a warm pool are not counted, since nobody is waiting for them.
    const over = request.controlSocket === undefined ? this.#starts.begin() : () => undefined;
    try {
      return await this.#spawn(request, signal, over);
    } catch (error) {
      over();
      throw error;
    }
  }

  /** @param over called when the start is over, if it succeeds */
  async #spawn(request: SpawnRequest, signal: AbortSignal, over: () => void): Promise<RuntimeBackend> {
    const build = containerBuildOf(request);
    checkVariables({ ...build.env, ...request.env });
    // A lost container may still hold the key.
    await this.#launcher.removeLost();
    const warm = request.controlSocket === undefined ? await this.#warm.take(request, build) : undefined;
    if (warm !== undefined) {
      const served = () => {
        over();
        warm.served();
      };
      return this.#backendOf(warm.launched, 'warm', served);
    }
    const { volumes } = this.#options;
    const hostPort = build.network === 'host' ? await this.#hostPorts.acquire() : undefined;
    const { backendId, service, key, env } = request;
    try {
      const spec = { ...(await this.#specFor(service, build)), hostPort, env };
      const pool = poolPart(request);
      const labels = { ...spec.labels, ...(pool?.labels ?? { key, backend: backendId }) };
      const { shared } = pool ?? {};
      const mount = await prepareMount(this.#engine, volumes, request, labels);
      return this.#backendOf(await this.#launch(request, { ...spec, labels, mount, shared }, signal), 'cold', over);
    } catch (error) {
      if (hostPort !== undefined) this.#hostPorts.release(hostPort);
      throw error instanceof EngineError
        ? await startFailure(error, { build, env, publishAt: this.#publishAt }, this.#engine)
        : error;
    }
  }

  standBy(order: StandbyOrder): void {
    const { build } = order;
    if (build.kind === 'container') void this.#warm.keep(order, build);
  }

  renewStandbys(service: string): void {
    this.#warm.renew(service);
  }

  prepared(service: string): Prepared {
    return this.#warm.count(service);
  }

  async standDown(): Promise<void> {
    await this.#warm.close();
  }

  poolObstacle(): string | undefined {
    const obstacle = findSharingObstacle(this.#engine);
    return obstacle === undefined ? undefined : `${obstacle}, so that containers can't reach their control sockets.`;
  }

  killAll(): void {
    this.#launcher.killAll();
  }

  async cleared(): Promise<void> {
    await this.#launcher.cleared();
  }

  async close(): Promise<void> {
    await this.#warm.close();
    this.#launcher.close();
    await this.#hostPorts.close();
  }

  /** Starts a container. Leaves out features that the engine turns out not to support. */
  async #launch(request: SpawnRequest, spec: ContainerSpec, signal: AbortSignal): Promise<Launched> {
    const { limits: wanted, backendId } = request;
    const refused = new Set(this.#unsupported);
    for (const limit of limitsOf(wanted)) {
      if (refused.has(limit.kind)) request.onRemark?.(withoutLimit(limit));
    }
    for (;;) {
      const limits = limitsOf(wanted).filter(({ kind }) => !refused.has(kind));
      const init = spec.init && this.#hasInit;
      try {
        return await this.#launcher.launch(containerName(backendId), request, { ...spec, limits, init }, signal);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        const limit = refusedLimit(error.message, limits);
        if (init && isInitMissing(error.message)) {
          this.#hasInit = false;
          request.onRemark?.(WITHOUT_INIT);
        } else if (limit !== undefined) {
          refused.add(limit.kind);
          // A memory limit may be refused only because of its size.
          if (limit.kind === 'disk') this.#unsupported.add(limit.kind);
          request.onRemark?.(withoutLimit(limit, error.message));
        } else throw error;
      }
    }
  }

  #backendOf(launched: Launched, startKind: StartKind, served: () => void): DockerBackend {
    const { container, spec, address } = launched;
    return new DockerBackend({
      container,
      address,
      insidePort: insidePort(spec),
      limits: spec.limits,
      build: spec.build,
      engine: this.#engine,
      startKind,
      served,
      remove: (isLost) => {
        // A container that someone else has stopped may be started by them again, as in `docker restart`.
        const after = container.asked === 'nothing' ? undefined : this.#starts.over();
        void this.#launcher.clear(launched, isLost, after).then(() => {
          if (spec.hostPort !== undefined) this.#hostPorts.release(spec.hostPort);
        });
      },
    });
  }

  /** Returns the settings that all containers of a build share. @throws EngineError, JamdevError */
  async #specFor(service: string, build: ContainerBuild): Promise<ContainerSpec> {
    const { project, stateId, owner, runId } = this.#options;
    const [hostAddress, ownInit] = await Promise.all([
      this.#hostAddress(build.network),
      build.init === false || this.#commands.of(build).then(hasOwnInit),
    ]);
    return {
      labels: { project, state: stateId, owner, run: runId, service },
      build,
      env: {},
      hostPort: undefined,
      limits: [],
      mount: undefined,
      publishAt: this.#publishAt,
      hostAddress,
      init: !ownInit && this.#hasInit,
    };
  }

  get #publishAt(): string {
    return this.#engine.endpoint.remote?.publishAt ?? LOOPBACK;
  }

  /**
   * Returns the address of this machine for containers, or the engine's keyword for it, which Podman 4 does not know.
   */
  async #hostAddress(network = 'podman'): Promise<string> {
    if (!this.#engine.isPodman || network === 'host') return HOST_ADDRESS;
    const found = await this.#engine
      .request<{ IPAM: { Config?: { Gateway?: string }[] } }>('GET', `/networks/${network}`)
      .catch(ignoreError('docker', `inspecting the network ${network}`));
    return found?.IPAM.Config?.[0]?.Gateway ?? HOST_ADDRESS;
  }
}

const HOST_ADDRESS = 'host-gateway';
const WITHOUT_INIT =
  'This engine has no init for containers (docker-init): a server that does not handle SIGTERM only ends after its grace period.';

function containerBuildOf({ build }: SpawnRequest): ContainerBuild {
  if (build.kind !== 'container') throw new Error('a child-process build was given to the container runtime');
  return build;
}

function withoutLimit({ kind, size }: Limit, detail?: string): string {
  const why = detail === undefined ? '' : ` (${detail})`;
  return `This Docker Engine can't apply the ${kind} limit of ${size}${why}: the backend runs without it.`;
}
