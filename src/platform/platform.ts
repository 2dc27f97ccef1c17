import { EventEmitter } from 'node:events';
import { backendErrors } from '../contract/errors/backend-errors.js';
import { connectErrors } from '../contract/errors/connect-errors.js';
import { requestErrors } from '../contract/errors/request-errors.js';
import { serviceErrors } from '../contract/errors/service-errors.js';
import type { ConnectParams } from '../contract/requests.js';
import { type BackendEnd, writeBackendEnd } from '../logs/backend-end.js';
import type { LogStore } from '../logs/log-store.js';
import { orAborted } from '../os/or-aborted.js';
import type { Build } from '../runtime/runtime.js';
import { Backend, type BackendWorld } from './backend.js';
import { type BackendState, isEnding } from './backend-state.js';
import { BackendTable } from './backend-table.js';
import { FencingTokens } from './fencing-tokens.js';
import { newBackendId, newKey, newStaticToken } from './ids.js';
import { LargeSpawns } from './large-spawn.js';
import { MountWish } from './mount-wish.js';
import type { MountSource } from './mounts.js';
import { noteConnection } from './note-connection.js';
import { DEFAULT_ENVIRONMENT, type ImageSource, NEWEST_TAG, type Service, ServiceRegistry } from './services.js';
import { type SessionSettings, withSessionDefaults } from './session-settings.js';
import { toPublicStatus } from './status-formats.js';
import { type TokenRoute, TokenTable } from './tokens.js';

export interface PlatformWorld extends BackendWorld {
  images: ImageSource;
  logs: LogStore;
  /** Undefined if no backend has a mount. */
  mounts?: MountSource | undefined;
  /** The id of the dev server's run, stored with each log. */
  runId: string;
  /** Returns the configured session settings of a service definition; undefined if only defaults apply. */
  sessionsOf?: ((definition: string) => SessionSettings) | undefined;
}

/** The result of a connect request. */
export interface Connection {
  backend: Backend;
  /** Whether this request spawned the backend. */
  spawned: boolean;
  /** The backend's state at the time of the connect. */
  state: BackendState;
  route: TokenRoute;
}

interface PlatformEvents {
  /** A backend was spawned. It is `scheduled`, and emits its own events from now on. */
  backend: [backend: Backend];
}

/** The emulated control plane: all backends, the holders of keys, and the connection tokens. */
export class Platform {
  readonly events = new EventEmitter<PlatformEvents>().setMaxListeners(0);
  readonly services: ServiceRegistry;
  readonly tokens: TokenTable;
  readonly images: ImageSource;
  readonly #world: PlatformWorld;
  readonly #backends = new BackendTable((backend) => this.tokens.forget(backend));
  readonly #fencingTokens: FencingTokens;
  readonly #largeSpawns = new LargeSpawns();
  #identityIgnored = false;
  #closing = false;

  constructor(definitions: readonly string[], world: PlatformWorld) {
    this.#world = world;
    this.services = new ServiceRegistry(definitions, () => world.clock.now());
    this.tokens = new TokenTable(world.clock);
    this.images = world.images;
    this.#fencingTokens = new FencingTokens(world.clock);
  }

  /**
   * Connects to the backend that holds a key, or spawns one. There is no await between the lookup of the holder and the
   * entry of the new one, so exactly one of any number of concurrent requests spawns. A holder that is ending is
   * awaited: its process must be gone before another may run under the same key.
   * @param serviceName as in the request's path
   * @param signal aborts the wait, for example when the client disconnects
   * @throws JamdevError `ServiceNotFound`, `ImageNotFound`, `KeyUnheldNoSpawnConfig`, `MountInUse`, `BuildFailed`,
   *   `ShuttingDown`
   */
  async connect(serviceName: string, params: ConnectParams, signal?: AbortSignal): Promise<Connection> {
    const mount = new MountWish(params, this.#world.mounts);
    try {
      return await this.#connect(serviceName, params, mount, signal);
    } finally {
      // Releases the mount if another request spawned the backend in the meantime, or if this one failed.
      mount.giveUp();
    }
  }

  async #connect(
    serviceName: string,
    params: ConnectParams,
    mount: MountWish,
    signal: AbortSignal | undefined,
  ): Promise<Connection> {
    let found: { tag: string; image: Build } | undefined;
    for (;;) {
      if (this.#closing) throw requestErrors.shuttingDown();
      // Looked up again after each wait, since the service may have been deleted or given another image in the
      // meantime.
      const service = this.services.find(serviceName);
      const tag = this.#tagFor(service, params);
      const holder = params.key === undefined ? undefined : this.#backends.holderOf(service, params.key);
      if (holder !== undefined && isEnding(holder.state)) {
        await orAborted(holder.gone, signal);
        found = undefined;
        continue;
      }
      if (holder === undefined && !params.spawn) throw connectErrors.keyUnheld(params.key ?? '', service.name);
      if (holder === undefined && tag !== undefined && tag !== found?.tag) {
        found = { tag, image: await this.images.find(service, tag, signal) };
        signal?.throwIfAborted();
        continue;
      }
      if (holder === undefined && !mount.isTaken) {
        await mount.take(service);
        signal?.throwIfAborted();
        continue;
      }
      const image = tag === undefined ? undefined : found?.image;
      const backend = holder ?? this.#spawn(service, params, image);
      if (holder === undefined) mount.giveTo(backend);
      const route = this.tokens.issue(backend, params.user, params.auth);
      this.#tellIdentityIgnored(backend, params);
      noteConnection(params, holder, backend);
      return { backend, spawned: holder === undefined, state: backend.state, route };
    }
  }

  /**
   * Finds a backend by id, including recently ended ones.
   * @throws JamdevError `BackendNotFound`
   */
  backend(id: string): Backend {
    const backend = this.#backends.get(id);
    if (backend === undefined) throw backendErrors.backendNotFound(id);
    return backend;
  }

  /** Whether {@link backend} would find the id. */
  knows(id: string): boolean {
    return this.#backends.get(id) !== undefined;
  }

  /** All remembered backends, oldest first. */
  get backends(): Backend[] {
    return this.#backends.all;
  }

  /** Backends that have not ended. */
  get running(): Backend[] {
    return this.backends.filter((backend) => backend.state.status !== 'terminated');
  }

  /**
   * Begins to terminate a backend on an external request, without waiting for its end.
   * @throws JamdevError `BackendNotFound`, `BackendNotRunning`
   */
  terminate(id: string, hard: boolean): void {
    const backend = this.backend(id);
    if (backend.state.status === 'terminated') throw backendErrors.backendNotRunning(id);
    backend.terminate('external', hard);
  }

  /**
   * Selects the image for new backends of an environment.
   * @param tag a tag or digest; {@link NEWEST_TAG} for the newest build
   * @throws JamdevError `ServiceNotFound`, `ImageNotFound`
   */
  async useImage(serviceName: string, environment: string, tag: string): Promise<void> {
    const service = this.services.find(serviceName);
    if (tag !== NEWEST_TAG || service.definition === undefined) await this.images.find(service, tag);
    // The service is stored only now, so that a failed request leaves nothing behind.
    this.services.get(serviceName).environment(environment, this.#world.clock.now()).imageTag = tag;
  }

  /**
   * Forgets a service that is not in the config.
   * @throws JamdevError `ServiceNotFound`, `ServiceConfigured`, `ServiceInUse`
   */
  deleteService(name: string): void {
    const service = this.services.findDeletable(name);
    const { length } = this.running.filter(({ identity }) => identity.service.name === service.name);
    if (length > 0) throw serviceErrors.serviceInUse(service.name, length);
    this.services.delete(service.name);
  }

  /**
   * Begins to terminate the running backends of a service on an external request, without waiting for their end.
   * @param options.before selects only backends created before this time; default: all
   * @param options.dryRun only counts them
   * @returns how many backends were found, and how many of them are being terminated
   * @throws JamdevError `ServiceNotFound`
   */
  terminateService(
    serviceName: string,
    { before, hard, dryRun }: { before?: Date | undefined; hard: boolean; dryRun: boolean },
  ): { found: number; terminated: number } {
    const { name } = this.services.find(serviceName);
    const found = this.running.filter(
      ({ identity, createdAt }) => identity.service.name === name && (before === undefined || createdAt < before),
    );
    if (!dryRun) for (const backend of found) backend.terminate('external', hard);
    return { found: found.length, terminated: dryRun ? 0 : found.length };
  }

  /**
   * Terminates every backend. Resolves when all are gone. @param explanation the cause in words; default: on request
   */
  async terminateAll(hard: boolean, explanation?: string): Promise<void> {
    const { running } = this;
    for (const backend of running) backend.terminate('external', hard, explanation);
    await Promise.all(running.map((backend) => backend.gone));
  }

  /**
   * Prevents new backends and terminates all running ones, by default softly, which ends with SIGKILL after the grace
   * period.
   */
  async close(hard = false): Promise<void> {
    this.#closing = true;
    await this.terminateAll(hard, 'the dev server is stopping');
  }

  /**
   * Returns the image tag for a new backend, or undefined for the newest successful build of the service's definition.
   */
  #tagFor(service: Service, params: ConnectParams): string | undefined {
    const tag = params.tag ?? service.imageTagOf(params.environment ?? DEFAULT_ENVIRONMENT);
    return tag === NEWEST_TAG && service.definition !== undefined ? undefined : tag;
  }

  #spawn({ name, definition }: Service, params: ConnectParams, image: Build | undefined): Backend {
    const now = this.#world.clock.now();
    if (image === undefined && definition !== undefined) this.#world.builds.assertUsable(definition);
    // The service is stored only now, so that a failed connect leaves none behind.
    const service = this.services.get(name);
    const environment = service.environment(params.environment ?? DEFAULT_ENVIRONMENT, now);
    environment.lastSpawnedAt = now;
    const sessions = definition === undefined ? undefined : this.#world.sessionsOf?.(definition);
    const id = newBackendId();
    const key = params.key ?? newKey();
    const identity = {
      id,
      service,
      key,
      keyGiven: params.key !== undefined,
      environment: environment.name,
      image,
      fencingToken: this.#fencingTokens.next(),
      staticToken: sessions?.useStaticToken ? newStaticToken() : undefined,
    };
    const log = this.#world.logs.create({
      backendId: id,
      service: service.name,
      key,
      keyGiven: identity.keyGiven,
      runId: this.#world.runId,
      createdAt: now.toISOString(),
    });
    const backend = new Backend(identity, withSessionDefaults(params, sessions), log, this.#world);
    void backend.gone.then(() => writeBackendEnd(log.folder, endOf(backend)));
    this.#backends.add(backend);
    this.events.emit('backend', backend);
    this.#largeSpawns.tell(backend, params);
    return backend;
  }

  /**
   * Remarks once that `user` and `auth` are ignored. As on the platform, a static token carries neither; the platform
   * ignores them silently.
   */
  #tellIdentityIgnored(backend: Backend, { user, auth }: ConnectParams): void {
    if (this.#identityIgnored || backend.identity.staticToken === undefined) return;
    if (user === undefined && auth === undefined) return;
    this.#identityIgnored = true;
    backend.remark(connectErrors.identityIgnored().sentence);
  }
}

function endOf({ state, explanation }: Backend): BackendEnd {
  return { status: toPublicStatus(state), explanation: explanation ?? null };
}
