import { spawnSync } from 'node:child_process';
import { dockerEnvironment } from '../../docker-engine/docker-cli.js';
import { type Engine, QUICK_REQUEST_MS } from '../../docker-engine/engine.js';
import { ignoreError, noteHandled } from '../../os/debug/debug-log.js';
import type { Address, SpawnRequest } from '../runtime.js';
import { Container } from './container.js';
import { type ContainerSpec, containerConfig, insidePort, MOUNT_TARGET } from './container-config.js';
import type { ContainerInspection } from './container-end.js';
import { ContainerEvents } from './container-events.js';
import { LostContainers, removeContainer } from './lost-containers.js';
import { findOwnAddress } from './own-address.js';
import { makeWritable } from './remote-volume.js';

/** Timeout for each of the two steps of killAll(). */
const KILL_ALL_MS = 4_000;
/** Warnings that need no remark: the limit is applied, there is just no swap to limit. */
const HARMLESS_WARNING = /swap limit|IPv4 forwarding|Published ports are discarded|Localhost DNS/i;
/** The address at which ports are published on the engine's machine. */
export const LOOPBACK = '127.0.0.1';

/** A started container. */
export interface Launched {
  container: Container;
  spec: ContainerSpec;
  /** The address of the port on which the container has to listen. */
  address: Address;
}

/** Starts, tracks and removes the containers of one dev server. */
export class ContainerLauncher {
  readonly #engine: Engine;
  readonly #events: ContainerEvents;
  readonly #lost: LostContainers;
  /** Names of containers that exist or may exist, with their ids once known, since someone may rename a container. */
  readonly #names = new Map<string, string>();
  #rootless: Promise<boolean> | undefined;
  /** Cleanups of ended backends in progress. */
  readonly #clearing = new Set<Promise<unknown>>();

  constructor(engine: Engine, runId: string) {
    this.#engine = engine;
    this.#events = new ContainerEvents(engine, runId);
    this.#lost = new LostContainers(engine);
  }

  /**
   * Creates and starts a container. If that fails, nothing of it is left.
   * @param wantedName extended by a number if a container with this name may still exist
   * @throws EngineError, JamdevError, the signal's reason
   */
  async launch(
    wantedName: string,
    listener: Pick<SpawnRequest, 'onOutput' | 'onRemark'>,
    spec: ContainerSpec,
    signal: AbortSignal,
  ): Promise<Launched> {
    const { platform } = spec.build;
    const name = this.#takeName(wantedName);
    let container: Container | undefined;
    try {
      const query = platform === undefined ? { name } : { name, platform };
      const { Id, Warnings } = await this.#engine.request<{ Id: string; Warnings: string[] | null }>(
        'POST',
        '/containers/create',
        { query, body: containerConfig(spec) },
      );
      for (const warning of Warnings ?? []) {
        if (!HARMLESS_WARNING.test(warning)) listener.onRemark?.(`Docker warns: ${warning}`);
      }
      this.#names.set(name, Id);
      container = new Container(Id, name, listener, this.#engine, this.#events);
      if (spec.mount?.Type === 'volume') await makeWritable(this.#engine, Id, MOUNT_TARGET);
      signal.throwIfAborted();
      await this.#events.open();
      const inspection = await container.start();
      signal.throwIfAborted();
      return { container, spec, address: await this.#addressOf(container, spec, inspection) };
    } catch (error) {
      container?.abandon();
      await this.#remove(container?.id ?? name, name, false);
      throw error;
    }
  }

  /** Renames a running container, for people who list containers. Best effort. */
  async rename({ container }: Launched, wantedName: string): Promise<void> {
    const [before, name] = [container.name, this.#takeName(wantedName)];
    try {
      await this.#engine.request('POST', `/containers/${container.id}/rename`, {
        query: { name },
        timeoutMs: QUICK_REQUEST_MS,
      });
      container.name = name;
      this.#names.set(name, container.id);
      this.#names.delete(before);
    } catch (error) {
      noteHandled('docker', `renaming ${before}`, error);
      this.#names.delete(name);
    }
  }

  /**
   * Removes a container that has ended. If its engine is lost, the container is removed as soon as the engine answers
   * again.
   * @param after resolves when the removal may begin
   * @returns resolves when nothing of the container is left, or it is known to be lost
   */
  clear(
    { container, address }: Launched,
    isLost: boolean,
    after: Promise<unknown> = Promise.resolve(),
  ): Promise<unknown> {
    const work = after.then(() =>
      Promise.all([this.#remove(container.id, container.name, isLost), this.#closePort(address)]),
    );
    const noted = work.finally(() => this.#clearing.delete(noted));
    this.#clearing.add(noted);
    return noted;
  }

  /**
   * Removes containers that were lost with the engine, because one of them may hold a key. @throws EngineError,
   * JamdevError
   */
  removeLost(): Promise<void> {
    return this.#lost.removeAll();
  }

  /** Resolves when nothing of the ended containers is left. */
  async cleared(): Promise<void> {
    while (this.#clearing.size > 0) await Promise.all(this.#clearing);
  }

  killAll(): void {
    this.#events.close();
    const ids = [...this.#names.values()];
    if (ids.length === 0) return;
    const env = dockerEnvironment(this.#engine.endpoint.environment);
    const options = { env, stdio: 'ignore', timeout: KILL_ALL_MS } as const;
    // Right before this process exits, only a synchronous child process works. Kill comes first because it is faster
    // than rm.
    spawnSync('docker', ['kill', ...ids], options);
    spawnSync('docker', ['rm', '--force', '--volumes', ...ids], options);
  }

  close(): void {
    this.#events.close();
    this.#lost.close();
  }

  async #addressOf(
    container: Container,
    spec: ContainerSpec,
    { NetworkSettings: { Networks = {}, Ports } }: ContainerInspection,
  ): Promise<Address> {
    const port = insidePort(spec);
    const host = container.isSeen && !(await this.#isRootless()) ? findOwnAddress(Networks) : undefined;
    // Once the container has ended, another one may get its address.
    if (host !== undefined) return { host, port, isCurrent: () => !container.isDead };
    return this.#openPort(spec.hostPort ?? Number(Ports?.[`${port}/tcp`]?.[0]?.HostPort ?? 0));
  }

  /** Whether the engine's bridges are in their own network namespace, although its processes are visible. */
  #isRootless(): Promise<boolean> {
    this.#rootless ??= this.#engine
      .request<{ SecurityOptions?: string[] | null }>('GET', '/info', { timeoutMs: QUICK_REQUEST_MS })
      .then(
        ({ SecurityOptions }) => SecurityOptions?.some((option) => option.includes('name=rootless')) ?? false,
        ignoreError('docker', 'asking the engine whether it is rootless', true),
      );
    return this.#rootless;
  }

  /** Returns the address of a published port on this machine. A container that has already ended has none. */
  async #openPort(port: number): Promise<Address> {
    const { remote, forwards } = this.#engine.endpoint;
    const address = { host: remote?.reachAt ?? LOOPBACK, port };
    return forwards === undefined || port === 0 ? address : { ...address, socketPath: await forwards.openPort(port) };
  }

  async #closePort({ port, socketPath }: Address): Promise<void> {
    const ignore = ignoreError('docker', `closing the way to port ${port}`);
    if (socketPath !== undefined) await this.#engine.endpoint.forwards?.closePort(socketPath).catch(ignore);
  }

  /** @param id the container's id, or its name if the id is unknown; someone may rename the container */
  async #remove(id: string, name: string, isLost: boolean): Promise<void> {
    if (isLost) this.#lost.add(id);
    else {
      await removeContainer(this.#engine, id).catch((error) => {
        noteHandled('docker', `removing ${name}`, error);
        this.#lost.add(id);
      });
    }
    this.#names.delete(name);
  }

  /** Reserves a free name: the backend's previous container may still exist. */
  #takeName(wanted: string): string {
    let name = wanted;
    for (let number = 2; this.#names.has(name); number += 1) name = `${wanted}-${number}`;
    this.#names.set(name, name);
    return name;
  }
}
