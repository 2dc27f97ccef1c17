import { clusterErrors } from '../contract/errors/cluster-errors.js';
import { connectErrors } from '../contract/errors/connect-errors.js';
import { serviceErrors } from '../contract/errors/service-errors.js';
import { withoutControls } from '../contract/identity.js';
import type { ConnectParams } from '../contract/requests.js';
import { BatchedLookups } from '../os/batched-lookups.js';
import { type Clock, pause } from '../os/clock.js';
import { isEnding } from '../platform/backend-state.js';
import { newBackendId } from '../platform/ids.js';
import { discardBackend, insertBackend, updateBackend } from '../store/backends.js';
import { findHolder, type Holder, isGivenUp, liveHolders } from '../store/holders.js';
import type { KeyLocks, KeyOfService } from '../store/key-locks.js';
import type { Store } from '../store/tables.js';
import type { ClusterImage, ClusterSettings } from './cluster-settings.js';
import { type ControllerClient, ControllerRefusal } from './controller-client.js';
import type { PlaneConnection } from './controller-wire.js';
import { planeKey, toSpawnConfig } from './spawn-config.js';
import type { StaleHolders } from './stale-holders.js';

/** How long to wait for a key whose holder is ending. A soft termination takes at most 30 s before Plane kills. */
const KEY_WAIT_SECONDS = 45;
const KEY_RETRY_MS = 200;

/** Plane's errors after it lost a race for the key in three attempts. */
const LOST_RACES = ['FailedToAcquireKey', 'FailedToRemoveKey'];

/** A request for the backend of a key. */
export interface KeyRequest {
  account: string;
  service: string;
  environment: string;
  key: string;
  /** Whether the key was given in the request, so that other requests can give it too. */
  keyGiven: boolean;
  /** Whether the account created the service itself. */
  ofOwnService: boolean;
  params: ConnectParams;
  /** Finds the image and settings for a new backend. @throws JamdevError if there is none */
  image: () => Promise<ClusterImage>;
}

/** A connection, with an optional warning for the caller. */
export type RemarkedConnection = PlaneConnection & { remark?: string };

/** The dependencies of a {@link KeyConnector}. */
export interface KeyConnectorWorld {
  controller: ControllerClient;
  store: Store;
  locks: KeyLocks;
  settings: ClusterSettings;
  clock: Clock;
  stale: StaleHolders;
  /** Receives each new backend and its drone. */
  onSpawned: (id: string, drone: string | undefined) => void;
}

/**
 * Connects to the holder of a key, or spawns one, and ensures a single live holder per key even where Plane does not. A
 * backend's row is written before Plane is asked to spawn it, so that nothing is lost if this process is killed in
 * between. The key's lock is held during a spawn, so that no other process mistakes such a row for a backend that is
 * gone.
 */
export class KeyConnector {
  readonly #world: KeyConnectorWorld;
  readonly #holders: BatchedLookups<KeyOfService, Holder[]>;

  constructor(world: KeyConnectorWorld) {
    this.#world = world;
    this.#holders = new BatchedLookups(
      ({ account, service, key }) => JSON.stringify([account, service, key]),
      (keys) => liveHolders(world.store, keys),
    );
  }

  /**
   * @param signal aborts the wait
   * @throws JamdevError `KeyUnheldNoSpawnConfig`, `KeyHeldInOtherEnvironment`, `KeyStillEnding`, `NoDroneAvailable`,
   *   `ControllerUnavailable`, `ControllerFailed`, `InvalidRequest`, `BackendLimit`, and the errors of the image lookup
   */
  async connect(request: KeyRequest, signal?: AbortSignal): Promise<RemarkedConnection> {
    if (!request.keyGiven) return this.#untilFree(request, () => this.#spawn(request, []), signal);
    // The common case: there is a holder, and no lock is needed to connect to it.
    const holders = await this.#holders.find(request);
    if (holders.length > 0) {
      const found = await this.#askHolder(request, holders, signal);
      if (found !== 'unheld' && found !== 'ending') return found;
    }
    const waiting = signal ?? new AbortController().signal;
    // Locked per attempt rather than for the whole wait: otherwise, one account's ending keys could take all of a
    // process's few locks.
    const attempt = () => this.#world.locks.hold(request, waiting, (held) => this.#connect(request, held));
    return this.#untilFree(request, attempt, waiting);
  }

  /** Tries again for as long as the key's holder is ending. */
  async #untilFree(
    { key, service }: KeyRequest,
    attempt: () => Promise<RemarkedConnection | 'ending'>,
    signal: AbortSignal | undefined,
  ): Promise<RemarkedConnection> {
    const { clock } = this.#world;
    const untilMs = clock.monotonicMs() + KEY_WAIT_SECONDS * 1000;
    for (;;) {
      signal?.throwIfAborted();
      const connection = await attempt();
      if (connection !== 'ending') return connection;
      if (clock.monotonicMs() >= untilMs) throw clusterErrors.keyStillEnding(key, service, KEY_WAIT_SECONDS);
      await pause(KEY_RETRY_MS, signal);
    }
  }

  async #connect(request: KeyRequest, signal: AbortSignal): Promise<RemarkedConnection | 'ending'> {
    const { stale } = this.#world;
    const holders = await this.#holders.find(request);
    if (holders.length === 0 && request.params.spawn) {
      await stale.endLost(request, signal);
      return this.#spawn(request, []);
    }
    const found = await this.#askHolder(request, holders, signal);
    if (found !== 'unheld') return found;
    if (!request.params.spawn) throw connectErrors.keyUnheld(request.key, request.service);
    const { ended, uncertain } = await stale.end(holders, signal);
    const connection = await this.#spawn(request, ended);
    const [first] = uncertain;
    if (connection === 'ending' || !connection.spawned || first === undefined) return connection;
    return { ...connection, remark: clusterErrors.holderMayRun(first.id, first.drone).sentence };
  }

  /** Asks Plane for the holder, without permission to spawn. */
  async #askHolder(
    request: KeyRequest,
    holders: readonly Holder[],
    signal: AbortSignal | undefined,
  ): Promise<PlaneConnection | 'ending' | 'unheld'> {
    const { controller } = this.#world;
    try {
      const connection = await controller.connect({ ...this.#ask(request), spawn_config: undefined }, signal);
      return await this.#accept(request, connection, holders);
    } catch (error) {
      if (!(error instanceof ControllerRefusal)) throw error;
      if (error.kind === 'KeyUnheldNoSpawnConfig') return 'unheld';
      if (LOST_RACES.includes(error.kind)) return 'ending';
      throw clusterErrors.controllerFailed(`${error.kind}, ${error.message}`);
    }
  }

  /** @param gone rows of backends that lose the key for good once another backend has it */
  async #spawn(request: KeyRequest, gone: readonly Holder[]): Promise<PlaneConnection | 'ending'> {
    const { controller, store, settings, stale, onSpawned } = this.#world;
    const { account, service, environment, key, keyGiven, ofOwnService, params } = request;
    const id = newBackendId();
    const image = await request.image();
    const spawn_config = toSpawnConfig({ id, account, service, key }, params, image, settings);
    const row = {
      ...{ id, account, service, environment, key, keyGiven, cluster: settings.cluster, image: image.image },
      digest: /@(sha256:[0-9a-f]{64})$/.exec(image.image)?.[1] ?? null,
      memoryLimitBytes: spawn_config.executable.resource_limits.memory_limit_bytes ?? null,
      subdomain: spawn_config.subdomain ?? null,
    };
    const written = await insertBackend(store, row, { maxLive: settings.maxBackends, ofOwnService });
    if (written === 'limit') throw clusterErrors.backendLimit(account, settings.maxBackends ?? 0);
    if (written === 'no service') throw serviceErrors.serviceNotFound(service, [...settings.services.keys()]);
    // The caller's signal is not passed on: Plane would spawn the backend anyway, and nothing would follow it.
    const connection = await controller.connect({ ...this.#ask(request), spawn_config }).catch(async (error) => {
      // Without an answer, the backend may still have been spawned; the follower of its row will find it.
      if (!(error instanceof ControllerRefusal)) throw error;
      await discardBackend(store, id);
      if (LOST_RACES.includes(error.kind)) return 'ending' as const;
      if (error.kind === 'NoDroneAvailable') throw clusterErrors.noDroneAvailable(settings.cluster, settings.pool);
      throw clusterErrors.controllerFailed(`${error.kind}, ${error.message}`);
    });
    if (connection === 'ending') return connection;
    if (!connection.spawned) {
      await discardBackend(store, id);
      return this.#accept(request, connection, []);
    }
    if (connection.drone != null) await updateBackend(store, id, { drone: connection.drone });
    onSpawned(id, connection.drone ?? undefined);
    await stale.forget(gone);
    return connection;
  }

  /** Accepts a holder's connection if it is usable and matches the request. */
  async #accept(
    { key, service, environment }: KeyRequest,
    connection: PlaneConnection,
    holders: readonly Holder[],
  ): Promise<PlaneConnection | 'ending'> {
    const { backend_id: id, status } = connection;
    if (isEnding({ status })) return 'ending';
    const row = holders.find((each) => each.id === id) ?? (await findHolder(this.#world.store, id));
    if (row === undefined) {
      throw clusterErrors.controllerFailed(`the key is held by the backend ${id}, which jamdev serve did not start`);
    }
    // Plane learns from the drone that a termination has begun; our records know it from the request.
    if (isGivenUp(row)) {
      // A drone that was given up as lost has returned, and nothing else would end its backends.
      if (row.lastStatus === 'terminated') await this.#world.controller.terminate(id, true);
      return 'ending';
    }
    if (row.environment !== environment) {
      throw clusterErrors.keyHeldInOtherEnvironment(key, service, row.environment, environment);
    }
    return connection;
  }

  #ask({ params, ...slot }: KeyRequest) {
    const { user, auth = {} } = params;
    // Plane's proxy would drop the whole header because of a single character that headers can't carry.
    return { key: planeKey(slot), user: user === undefined ? undefined : withoutControls(user), auth };
  }
}
