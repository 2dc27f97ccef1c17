import type { Clock } from '../os/clock.js';
import { listUnended } from '../store/backends.js';
import { noteDrones, noteUnseenDrones, silentDrones } from '../store/drones.js';
import type { Store } from '../store/tables.js';
import type { ControllerClient } from './controller-client.js';
import { markLost } from './lost-status.js';
import { RepeatedWork } from './repeated-work.js';

const TURN_MS = 10_000;
/** The dependencies of {@link LostBackends}. */
export interface LostBackendsWorld {
  controller: ControllerClient;
  store: Store;
  cluster: string;
  clock: Clock;
  /** How long a drone must be silent before its backends count as lost, in seconds. */
  lostAfterSeconds: number;
}

/**
 * Marks backends as lost if their drone has been silent for too long. Plane itself would report them as ready forever.
 */
export class LostBackends {
  readonly #world: LostBackendsWorld;
  readonly #search = new RepeatedWork('looking for lost backends', TURN_MS, (signal) => this.#turn(signal));
  /** Since when every request to the controller has succeeded, in the clock's monotonic time. */
  #answeredSinceMs: number | undefined;

  constructor(world: LostBackendsWorld) {
    this.#world = world;
  }

  /** Starts the search, which runs until {@link close}. */
  start(): void {
    this.#search.start();
  }

  /** Ends the search. Never rejects. */
  close(): Promise<void> {
    return this.#search.close();
  }

  async #turn(signal: AbortSignal): Promise<void> {
    try {
      await this.#markLost(signal);
    } catch (error) {
      this.#answeredSinceMs = undefined;
      throw error;
    }
  }

  async #markLost(signal: AbortSignal): Promise<void> {
    const { controller, store, cluster, clock, lostAfterSeconds } = this.#world;
    const { drones } = await controller.clusterState(cluster, signal);
    const heard = drones.map(({ node, last_heartbeat_age: ageSeconds }) => ({ name: node.name.Drone, ageSeconds }));
    await noteDrones(store, cluster, heard);
    await noteUnseenDrones(store, cluster);
    const nowMs = clock.monotonicMs();
    this.#answeredSinceMs ??= nowMs;
    // While the controller was unavailable, drones could not report, so they get the full time again.
    if (nowMs - this.#answeredSinceMs < lostAfterSeconds * 1000) return;
    const silent = new Set(await silentDrones(store, cluster, lostAfterSeconds));
    if (silent.size === 0) return;
    for (const { id, drone } of await listUnended(store, cluster)) {
      if (drone === null || !silent.has(drone)) continue;
      await markLost(store, id, clock.now());
      // Takes effect if the drone returns; nothing else would end its backends.
      await controller.terminate(id, true);
    }
  }
}
