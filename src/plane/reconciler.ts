import { z } from 'zod';
import { QUICK_REQUEST_MS } from '../docker-engine/engine.js';
import type { Clock } from '../os/clock.js';
import { type BackendRow, findPublic, updateBackend } from '../store/backends.js';
import { liveHolders } from '../store/holders.js';
import type { Store } from '../store/tables.js';
import { backendOf, type DroneEngines } from './drone-engines.js';
import { markLost } from './lost-status.js';
import { RepeatedWork } from './repeated-work.js';

/** The label that Plane gives to the containers of backends. */
const LABEL = 'dev.plane.backend';
/** Short enough that an orphaned container is seen twice within the 10 s in which it has to be ended. */
const TURN_MS = 4_000;

const containersSchema = z.array(z.object({ Names: z.array(z.string()) }));

/** The dependencies of a {@link Reconciler}. */
export interface ReconcilerWorld {
  store: Store;
  engines: DroneEngines;
  clock: Clock;
  /** Receives each backend whose container was killed, and the reason. */
  onKilled: (id: string, drone: string, why: string) => void;
}

/**
 * Kills containers that are still running although their backend has ended or its key has another holder. This happens
 * if a drone was frozen past the lease of its keys, lost its process, or gave up killing.
 */
export class Reconciler {
  readonly #world: ReconcilerWorld;
  /** One per engine, so that an engine that hangs does not delay the others. */
  readonly #comparisons: readonly RepeatedWork[];

  constructor(world: ReconcilerWorld) {
    this.#world = world;
    this.#comparisons = world.engines.names.map(
      (drone) =>
        new RepeatedWork(`comparing the containers of the drone ${drone}`, TURN_MS, async () => {
          for (const id of await this.#running(drone)) await this.#judge(id, drone);
        }),
    );
  }

  /** Starts the comparisons, which run until {@link close}. */
  start(): void {
    for (const comparison of this.#comparisons) comparison.start();
  }

  /** Ends the comparisons. Never rejects. */
  async close(): Promise<void> {
    await Promise.all(this.#comparisons.map((comparison) => comparison.close()));
  }

  /** Returns the backends whose containers are running in a drone's engine. */
  async #running(drone: string): Promise<string[]> {
    const engine = await this.#world.engines.engineOf(drone);
    const query = { filters: JSON.stringify({ label: [LABEL], status: ['running'] }) };
    const found = await engine?.request('GET', '/containers/json', { query, timeoutMs: QUICK_REQUEST_MS });
    return containersSchema.parse(found ?? []).flatMap(({ Names }) => Names.flatMap((name) => backendOf(name) ?? []));
  }

  async #judge(id: string, drone: string): Promise<void> {
    const { store, engines, clock, onKilled } = this.#world;
    const row = await findPublic(store, id);
    // The backend was not started by a jamdev serve with this database.
    if (row === undefined) return;
    const why =
      row.endedAt !== null ? 'it has ended' : (await this.#isSuperseded(row)) ? 'its key has moved' : undefined;
    if (why === undefined) {
      if (row.drone === null) await updateBackend(store, id, { drone });
      return;
    }
    if (await engines.kill(id, drone)) onKilled(id, drone, why);
    await markLost(store, id, clock.now());
  }

  /** Whether a newer backend with the same key was spawned: Plane gives a key to only one backend at a time. */
  async #isSuperseded(row: BackendRow): Promise<boolean> {
    if (!row.keyGiven) return false;
    const [[newest] = []] = await liveHolders(this.#world.store, [row]);
    return newest !== undefined && newest.id !== row.id && newest.drone !== null && newest.createdAt > row.createdAt;
  }
}
