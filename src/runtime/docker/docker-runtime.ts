import { spawnSync } from 'node:child_process';
import { PortPool } from '../../processes/port-pool.js';
import type { ChildRegister } from '../../records/child-register.js';
import type { ContainerBuild, Runtime, RuntimeBackend, SpawnRequest } from '../runtime.js';
import { Container } from './container.js';
import { ContainerEvents } from './container-events.js';
import { DockerBackend } from './docker-backend.js';
import { dockerEnvironment } from './docker-cli.js';
import { EngineApi } from './engine-api.js';
import { containerName } from './labels.js';
import { LostContainers, removeContainer } from './lost-containers.js';
import { type Limit, limitsOf, refusedLimit } from './resource-limits.js';
import { insidePort } from './run-arguments.js';
import { isPortTaken, startFailure } from './start-failure.js';
import { createVolumeFolder, type VolumeFolder, volumeFolderOf } from './volume-folder.js';

/** How many ports are tried before it is said that they are taken. */
const PORT_ATTEMPTS = 5;
/** How long the last resort may take, for each of its two steps. */
const KILL_ALL_MS = 4_000;
/** A warning that needs no remark: the limit holds, there is just no swap to be limited. */
const HARMLESS_WARNING = /swap limit|IPv4 forwarding|Published ports are discarded|Localhost DNS/i;

/** What the containers of a dev server have in common. */
export interface DockerRuntimeOptions {
  /** Absolute path of the project folder. */
  project: string;
  /** The random id of the project's state folder. */
  stateId: string;
  /** Of this dev server: its containers are known by it again. */
  runId: string;
  /** Where mounts lie, absolute paths: new ones are made in the first, and those that are in another stay there. */
  volumes: readonly [string, ...string[]];
  /** Knows the docker clients that are started. */
  register: ChildRegister;
}

/** Runs backends as containers, each with a `docker run` attached to it. */
export class DockerRuntime implements Runtime {
  readonly #options: DockerRuntimeOptions;
  readonly #ports = new PortPool();
  readonly #events: ContainerEvents;
  readonly #lost = new LostContainers();
  readonly #engine: EngineApi;
  /** Of containers that are there or may be. */
  readonly #names = new Set<string>();
  /** Limits that this engine turned out not to know: no further start is tried with them. */
  readonly #unsupported = new Set<Limit['kind']>();

  constructor(options: DockerRuntimeOptions) {
    this.#options = options;
    this.#engine = new EngineApi(options.register);
    this.#events = new ContainerEvents(options.runId, options.register);
  }

  async spawn(request: SpawnRequest, signal: AbortSignal): Promise<RuntimeBackend> {
    signal.throwIfAborted();
    const build = containerBuildOf(request);
    const { volumes } = this.#options;
    const volumeFolder = volumeFolderOf(volumes, request.service, request.key, request.mount);
    if (volumeFolder !== undefined) createVolumeFolder(volumeFolder);
    // One of them may hold the key.
    await this.#lost.removeAll();
    const takenPorts: number[] = [];
    const refused = new Set(this.#unsupported);
    for (const limit of limitsOf(request.limits)) {
      if (refused.has(limit.kind)) request.onRemark?.(withoutLimit(limit));
    }
    try {
      for (;;) {
        const limits = limitsOf(request.limits).filter(({ kind }) => !refused.has(kind));
        const port = await this.#ports.acquire();
        const attempt = await this.#attempt(request, build, port, limits, volumeFolder, signal).catch((error) => {
          this.#ports.release(port);
          throw error;
        });
        if (attempt.backend !== undefined) return attempt.backend;
        const limit = refusedLimit(attempt.failure, limits);
        if (isPortTaken(attempt.failure) && takenPorts.length + 1 < PORT_ATTEMPTS) {
          // Kept until the end of this start, so that the pool gives another one.
          takenPorts.push(port);
        } else {
          this.#ports.release(port);
          if (limit === undefined) throw await startFailure(attempt.failure, build);
          refused.add(limit.kind);
          // A memory limit may be refused for its size alone.
          if (limit.kind === 'disk') this.#unsupported.add(limit.kind);
          request.onRemark?.(withoutLimit(limit, attempt.failure));
        }
      }
    } finally {
      for (const port of takenPorts) this.#ports.release(port);
    }
  }

  killAll(): void {
    this.#events.close();
    this.#engine.close();
    const names = [...this.#names];
    if (names.length === 0) return;
    const options = { env: dockerEnvironment(), stdio: 'ignore', timeout: KILL_ALL_MS } as const;
    // Removing takes longer than killing: first let nothing run on.
    spawnSync('docker', ['kill', ...names], options);
    spawnSync('docker', ['rm', '--force', '--volumes', ...names], options);
  }

  async close(): Promise<void> {
    this.#events.close();
    this.#engine.close();
    this.#lost.close();
    await this.#ports.close();
  }

  /** @returns the backend, or what the docker client said when its container did not start: then nothing is left of it */
  async #attempt(
    request: SpawnRequest,
    build: ContainerBuild,
    port: number,
    limits: Limit[],
    volumeFolder: VolumeFolder | undefined,
    signal: AbortSignal,
  ): Promise<{ backend: DockerBackend; failure?: never } | { backend?: never; failure: string }> {
    const { backendId, service, key, env } = request;
    const { project, runId, stateId, register } = this.#options;
    const name = this.#takeName(backendId);
    const labels = { project, state: stateId, run: runId, service, key, backend: backendId };
    const container = await Container.run(
      { name, labels, build, env, port, limits, volumeFolder: volumeFolder?.path },
      request,
      this.#events,
      register,
    ).catch((error) => {
      this.#names.delete(name);
      throw error;
    });
    const undo = () => container.terminate(true);
    signal.addEventListener('abort', undo);
    if (signal.aborted) undo();
    const started = await container.started;
    signal.removeEventListener('abort', undo);
    for (const warning of container.warnings) {
      if (!HARMLESS_WARNING.test(warning)) request.onRemark?.(`Docker warns: ${warning}`);
    }
    if (started && !signal.aborted) {
      const address = { host: '127.0.0.1', port };
      const backend = new DockerBackend(
        container,
        address,
        insidePort({ build, port }),
        limits,
        build,
        this.#lost,
        this.#engine,
      );
      void backend.exited.then(() => {
        this.#names.delete(name);
        this.#ports.release(port);
        // Nobody is left to be asked about.
        if (this.#names.size === 0) this.#engine.close();
      });
      return { backend };
    }
    const { failure } = await container.ended;
    // What did not start may have been created all the same.
    await removeContainer(name).catch(() => this.#lost.add(name));
    this.#names.delete(name);
    signal.throwIfAborted();
    return { failure };
  }

  /** A name that is free: the container that the backend had before may still be there. */
  #takeName(backendId: string): string {
    let name = containerName(backendId);
    for (let number = 2; this.#names.has(name); number += 1) name = `${containerName(backendId)}-${number}`;
    this.#names.add(name);
    return name;
  }
}

function containerBuildOf({ build }: SpawnRequest): ContainerBuild {
  if (build.kind !== 'container') throw new Error('a child-process build was given to the container runtime');
  return build;
}

function withoutLimit({ kind, size }: Limit, failure = ''): string {
  const detail = /Error response from daemon: (.*?)\.?$/m.exec(failure)?.[1];
  const why = detail === undefined ? '' : ` (${detail})`;
  return `This Docker Engine can't apply the ${kind} limit of ${size}${why}: the backend runs without it.`;
}
