import { spawnSync } from 'node:child_process';
import { dockerEnvironment } from '../../docker-engine/docker-cli.js';
import type { Engine } from '../../docker-engine/engine.js';
import { EngineError } from '../../docker-engine/engine-error.js';
import { ignoreError, noteHandled } from '../../os/debug/debug-log.js';
import { PortPool } from '../../processes/port-pool.js';
import type { Address, ContainerBuild, Runtime, RuntimeBackend, SpawnRequest } from '../runtime.js';
import { prepareMount } from './backend-mount.js';
import { Container } from './container.js';
import { type ContainerSpec, containerConfig, insidePort, MOUNT_TARGET } from './container-config.js';
import { ContainerEvents } from './container-events.js';
import { DockerBackend } from './docker-backend.js';
import { ImageCommands } from './image-commands.js';
import { containerName } from './labels.js';
import { LostContainers, removeContainer } from './lost-containers.js';
import { hasOwnInit, isInitMissing } from './own-init.js';
import { poolPart } from './pool-part.js';
import { makeWritable } from './remote-volume.js';
import { type Limit, limitsOf, refusedLimit } from './resource-limits.js';
import { findSharingObstacle } from './shared-folders.js';
import { checkVariables, startFailure } from './start-failure.js';

/** How long the last resort may take, for each of its two steps. */
const KILL_ALL_MS = 4_000;
/** A warning that needs no remark: the limit is applied, there is just no swap to limit. */
const HARMLESS_WARNING = /swap limit|IPv4 forwarding|Published ports are discarded|Localhost DNS/i;

/** What the containers of a dev server have in common. */
export interface DockerRuntimeOptions {
  engine: Engine;
  /** Absolute path of the project folder. */
  project: string;
  /** The random id of the project's state folder. */
  stateId: string;
  /** Who runs the dev server, for people who share an engine: USER@HOST. */
  owner: string;
  /** Of this dev server: its containers are recognized by it. */
  runId: string;
  /** Folders for mounts, absolute paths: new mounts are created in the first; existing ones stay where they are. */
  volumes: readonly [string, ...string[]];
}

/** Runs backends as containers, by the engine's API. */
export class DockerRuntime implements Runtime {
  readonly #options: DockerRuntimeOptions;
  readonly #engine: Engine;
  readonly #events: ContainerEvents;
  readonly #lost: LostContainers;
  /** For containers on this machine's own network; for all others the engine chooses. */
  readonly #hostPorts = new PortPool();
  /** Of containers that are there or may be. */
  readonly #names = new Set<string>();
  /** What is being cleared away of backends that have ended. */
  readonly #clearing = new Set<Promise<unknown>>();
  /** Limits that this engine turned out not to know: no further start is tried with them. */
  readonly #unsupported = new Set<Limit['kind']>();
  readonly #commands: ImageCommands;
  #hasInit = true;

  constructor(options: DockerRuntimeOptions) {
    this.#options = options;
    this.#engine = options.engine;
    this.#events = new ContainerEvents(options.engine, options.runId);
    this.#lost = new LostContainers(options.engine);
    this.#commands = new ImageCommands(options.engine);
  }

  async spawn(request: SpawnRequest, signal: AbortSignal): Promise<RuntimeBackend> {
    signal.throwIfAborted();
    const build = containerBuildOf(request);
    checkVariables({ ...build.env, ...request.env });
    const { project, stateId, owner, runId, volumes } = this.#options;
    const { backendId, service, key, env, limits: wanted } = request;
    const pool = poolPart(request);
    const labels = {
      project,
      state: stateId,
      owner,
      run: runId,
      service,
      ...(pool?.labels ?? { key, backend: backendId }),
    };
    // One of them may hold the key.
    await this.#lost.removeAll();
    const hostPort = build.network === 'host' ? await this.#hostPorts.acquire() : undefined;
    const hostAddress = await this.#hostAddress(build.network);
    const { publishAt = LOOPBACK } = this.#engine.endpoint.remote ?? {};
    const common = { labels, build, env, hostPort, hostAddress, publishAt };
    const refused = new Set(this.#unsupported);
    for (const limit of limitsOf(wanted)) {
      if (refused.has(limit.kind)) request.onRemark?.(withoutLimit(limit));
    }
    try {
      const spec = {
        ...common,
        shared: pool?.shared,
        mount: await prepareMount(this.#engine, volumes, request, labels),
      };
      const ownInit = build.init === false || hasOwnInit(await this.#commands.of(build));
      for (;;) {
        const limits = limitsOf(wanted).filter(({ kind }) => !refused.has(kind));
        const init = !ownInit && this.#hasInit;
        try {
          return await this.#start(request, { ...spec, limits, init }, signal);
        } catch (error) {
          if (!(error instanceof EngineError)) throw error;
          const limit = refusedLimit(error.message, limits);
          if (init && isInitMissing(error.message)) {
            this.#hasInit = false;
            request.onRemark?.(WITHOUT_INIT);
          } else if (limit !== undefined) {
            refused.add(limit.kind);
            // A memory limit may be refused for its size alone.
            if (limit.kind === 'disk') this.#unsupported.add(limit.kind);
            request.onRemark?.(withoutLimit(limit, error.message));
          } else throw error;
        }
      }
    } catch (error) {
      if (hostPort !== undefined) this.#hostPorts.release(hostPort);
      throw error instanceof EngineError ? await startFailure(error, common, this.#engine) : error;
    }
  }

  poolObstacle(): string | undefined {
    const obstacle = findSharingObstacle(this.#engine);
    return obstacle === undefined ? undefined : `${obstacle}, so that containers can't reach their control sockets.`;
  }

  killAll(): void {
    this.#events.close();
    const names = [...this.#names];
    if (names.length === 0) return;
    const env = dockerEnvironment(this.#engine.endpoint.environment);
    const options = { env, stdio: 'ignore', timeout: KILL_ALL_MS } as const;
    // Nothing but another program works when this one is about to end. Killing first, as it is faster than removing.
    spawnSync('docker', ['kill', ...names], options);
    spawnSync('docker', ['rm', '--force', '--volumes', ...names], options);
  }

  async cleared(): Promise<void> {
    while (this.#clearing.size > 0) await Promise.all(this.#clearing);
  }

  async close(): Promise<void> {
    this.#events.close();
    this.#lost.close();
    await this.#hostPorts.close();
  }

  /**
   * Creates a container and starts it; when that fails, nothing is left of it.
   * @throws EngineError, JamdevError, the signal's reason
   */
  async #start(request: SpawnRequest, spec: ContainerSpec, signal: AbortSignal): Promise<DockerBackend> {
    const { platform } = spec.build;
    const name = this.#takeName(request.backendId);
    let container: Container | undefined;
    try {
      const query = platform === undefined ? { name } : { name, platform };
      const { Id, Warnings } = await this.#engine.request<{ Id: string; Warnings: string[] | null }>(
        'POST',
        '/containers/create',
        { query, body: containerConfig(spec) },
      );
      for (const warning of Warnings ?? []) {
        if (!HARMLESS_WARNING.test(warning)) request.onRemark?.(`Docker warns: ${warning}`);
      }
      container = new Container(Id, name, request, this.#engine, this.#events);
      if (spec.mount?.Type === 'volume') await makeWritable(this.#engine, Id, MOUNT_TARGET);
      signal.throwIfAborted();
      await this.#events.open();
      const { NetworkSettings } = await container.start();
      signal.throwIfAborted();
      const inside = insidePort(spec);
      const port = spec.hostPort ?? Number(NetworkSettings.Ports?.[`${inside}/tcp`]?.[0]?.HostPort ?? 0);
      const address = await this.#openPort(port);
      return new DockerBackend({
        container,
        address,
        insidePort: inside,
        limits: spec.limits,
        build: spec.build,
        engine: this.#engine,
        remove: (isLost) => {
          this.#noteClearing(Promise.all([this.#remove(name, spec.hostPort, isLost), this.#closePort(address)]));
        },
      });
    } catch (error) {
      container?.abandon();
      await this.#remove(name, undefined, false);
      throw error;
    }
  }

  /** Where this machine reaches a published port. One that has ended by now has none. */
  async #openPort(port: number): Promise<Address> {
    const { remote, forwards } = this.#engine.endpoint;
    const address = { host: remote?.reachAt ?? LOOPBACK, port };
    return forwards === undefined || port === 0 ? address : { ...address, socketPath: await forwards.openPort(port) };
  }

  async #closePort({ port, socketPath }: Address): Promise<void> {
    const ignore = ignoreError('docker', `closing the way to port ${port}`);
    if (socketPath !== undefined) await this.#engine.endpoint.forwards?.closePort(socketPath).catch(ignore);
  }

  #noteClearing(work: Promise<unknown>): void {
    const noted = work.finally(() => this.#clearing.delete(noted));
    this.#clearing.add(noted);
  }

  async #remove(name: string, hostPort: number | undefined, isLost: boolean): Promise<void> {
    if (isLost) this.#lost.add(name);
    else {
      await removeContainer(this.#engine, name).catch((error) => {
        noteHandled('docker', `removing ${name}`, error);
        this.#lost.add(name);
      });
    }
    this.#names.delete(name);
    if (hostPort !== undefined) this.#hostPorts.release(hostPort);
  }

  /** The address of this machine for containers, or the word by which the engine finds it: Podman 4 does not know it. */
  async #hostAddress(network = 'podman'): Promise<string> {
    if (!this.#engine.isPodman || network === 'host') return HOST_ADDRESS;
    const found = await this.#engine
      .request<{ IPAM: { Config?: { Gateway?: string }[] } }>('GET', `/networks/${network}`)
      .catch(ignoreError('docker', `inspecting the network ${network}`));
    return found?.IPAM.Config?.[0]?.Gateway ?? HOST_ADDRESS;
  }

  /** A name that is free: the container that the backend had before may still be there. */
  #takeName(backendId: string): string {
    let name = containerName(backendId);
    for (let number = 2; this.#names.has(name); number += 1) name = `${containerName(backendId)}-${number}`;
    this.#names.add(name);
    return name;
  }
}

const LOOPBACK = '127.0.0.1';
const HOST_ADDRESS = 'host-gateway';
const WITHOUT_INIT =
  'This engine has no init for containers (docker-init): a server that does not handle SIGTERM ends only after its grace period.';

function containerBuildOf({ build }: SpawnRequest): ContainerBuild {
  if (build.kind !== 'container') throw new Error('a child-process build was given to the container runtime');
  return build;
}

function withoutLimit({ kind, size }: Limit, detail?: string): string {
  const why = detail === undefined ? '' : ` (${detail})`;
  return `This Docker Engine can't apply the ${kind} limit of ${size}${why}: the backend runs without it.`;
}
