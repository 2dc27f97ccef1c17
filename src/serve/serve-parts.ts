import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { ServeConfig } from '../config/serve-config.js';
import { hasDigest } from '../contract/image-reference.js';
import { BatchedLookups } from '../os/batched-lookups.js';
import { type Clock, systemClock } from '../os/clock.js';
import { ClusterControlPlane } from '../plane/cluster-control-plane.js';
import type { ClusterSettings } from '../plane/cluster-settings.js';
import { ConnectRate } from '../plane/connect-rate.js';
import { ControllerClient } from '../plane/controller-client.js';
import { DroneEngines } from '../plane/drone-engines.js';
import { EndRecorder } from '../plane/end-recorder.js';
import { ImageDigests } from '../plane/image-digests.js';
import { KeyConnector } from '../plane/key-connector.js';
import { LostBackends } from '../plane/lost-backends.js';
import { PushedImages } from '../plane/pushed-images.js';
import { Reconciler } from '../plane/reconciler.js';
import { deleteOldRecords } from '../plane/retention.js';
import type { ClusterRegistry } from '../plane/service-images.js';
import { StaleHolders } from '../plane/stale-holders.js';
import { StatusFollower } from '../plane/status-follower.js';
import { OwnRegistry } from '../registry/own-registry.js';
import { readSigningKey } from '../registry/signing-key.js';
import { KeyLocks } from '../store/key-locks.js';
import type { OpenStore } from '../store/open-store.js';
import { haveServices, type ServiceName } from '../store/services.js';
import { StatusFeed } from '../store/status-feed.js';
import type { Store } from '../store/tables.js';
import { ServeMetrics } from './metrics.js';

/** The connected parts of `jamdev serve`, which are independent of ports. */
export interface ServeParts {
  controller: ControllerClient;
  controlPlane: ClusterControlPlane;
  engines: DroneEngines;
  /** Undefined if there is no registry. */
  own: ClusterRegistry | undefined;
  follower: StatusFollower;
  metrics: ServeMetrics;
  /** Starts the background work. */
  start(): void;
  /** Ends the background work, and releases leases and locks for other processes. Never rejects. */
  close(): Promise<void>;
}

/** Creates all parts and connects them. */
export async function makeServeParts(config: ServeConfig, { store }: OpenStore, log: Logger): Promise<ServeParts> {
  const clock = systemClock;
  const settings = settingsOf(config);
  const controller = new ControllerClient(config.controller);
  const engines = new DroneEngines(config.drones, clock);
  const locks = new KeyLocks(config.database);
  const feed = new StatusFeed(store, config.database);
  const stale = new StaleHolders({
    controller,
    store,
    engines,
    onLostDrone: config.onLostDrone,
    now: () => clock.now(),
    onUncertain: (id, drone) =>
      log.warn({ backend: id, drone }, 'the container of a backend that lost its key may still run'),
  });
  const recorder = new EndRecorder(store, engines);
  const follower: StatusFollower = new StatusFollower({
    ...{ controller, store, clock, name: randomUUID() },
    recordEnd: (id) => recorder.record(id),
  });
  const metrics = new ServeMetrics(() => follower.count);
  const onSpawned = (id: string, drone: string | undefined): void => {
    metrics.countSpawn();
    follower.wake();
    log.info({ backend: id, drone }, 'backend spawned');
  };
  const keys = new KeyConnector({ controller, store, locks, settings, clock, stale, onSpawned });
  const lost = new LostBackends({
    ...{ controller, store, clock },
    cluster: config.cluster,
    lostAfterSeconds: config.lostAfterSeconds,
  });
  const reconciler = new Reconciler({
    store,
    engines,
    clock,
    onKilled: (id, drone, why) => log.warn({ backend: id, drone }, `killed the container of a backend: ${why}`),
  });
  const retention = deleteOldRecords(config.retention, store);
  const rate = new ConnectRate(config.limits.connectsPerSecond, clock);
  const own = openRegistry(config.registry, store, clock);
  const digests = new ImageDigests(store, own?.registry);
  await resolveImages(settings, digests, log);
  const created = new BatchedLookups(
    ({ account, service }: ServiceName) => `${account}/${service}`,
    (names) => haveServices(store, names),
  );
  const world = { controller, store, settings, keys, engines, rate, clock, own, digests, created };
  return {
    controller,
    controlPlane: new ClusterControlPlane(world, feed),
    engines,
    own,
    follower,
    metrics,
    start() {
      follower.start();
      lost.start();
      reconciler.start();
      retention.start();
    },
    async close() {
      await Promise.all([
        follower.close(),
        lost.close(),
        reconciler.close(),
        retention.close(),
        feed.close(),
        locks.close(),
      ]);
      engines.close();
    },
  };
}

function openRegistry(config: ServeConfig['registry'], store: Store, clock: Clock): ClusterRegistry | undefined {
  if (config === undefined) return undefined;
  const registry = new OwnRegistry(config.url, readSigningKey(config.key), () => clock.now());
  return { registry, pushed: new PushedImages(store, registry) };
}

/** Resolves the tags in the config again. If that fails, the last known digests are used. */
async function resolveImages({ services }: ClusterSettings, digests: ImageDigests, log: Logger): Promise<void> {
  const resolving = [...services].map(async ([service, { image, pullPolicy }]) => {
    if (image === undefined || pullPolicy === 'Never' || hasDigest(image)) return;
    try {
      await digests.resolveConfigured(image);
    } catch (error) {
      log.warn({ service, image, err: error }, 'the image of a service could not be resolved to a digest');
    }
  });
  await Promise.all(resolving);
}

function settingsOf(config: ServeConfig): ClusterSettings {
  const { cluster, pool, subdomains, limits, services } = config;
  return {
    cluster,
    pool,
    subdomains,
    services: new Map(
      services.map(({ name, image, pullPolicy, ...sessions }) => [name, { image, pullPolicy, sessions }]),
    ),
    defaultService: services[0]?.name ?? '',
    defaultLimits: { memory_limit_bytes: limits.memoryBytes, cpu_period_percent: limits.cpuPercent },
    maxBackends: limits.maxBackends,
  };
}
