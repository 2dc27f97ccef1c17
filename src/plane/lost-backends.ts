import type { Clock } from '../os/clock.js';
import { listUnended } from '../store/backends.js';
import { noteDrones, silentDrones } from '../store/drones.js';
import type { Store } from '../store/tables.js';
import type { ControllerClient } from './controller-client.js';
import { markLost } from './lost-status.js';
import { RepeatedWork } from './repeated-work.js';

const TURN_MS = 10_000;
/** A drone that was not heard of for so long is gone: its backends' keys ran out after 60 s at the latest. */
const SILENCE_SECONDS = 120;
/** A drone reports every few seconds. */
const HEARD_SECONDS = 30;

/** What {@link LostBackends} works with. */
export interface LostBackendsWorld {
  controller: ControllerClient;
  store: Store;
  cluster: string;
  clock: Clock;
}

/**
 * Marks backends as lost whose drone has been silent for {@link SILENCE_SECONDS}. Plane itself would show them as ready
 * forever.
 */
export class LostBackends {
  readonly #world: LostBackendsWorld;
  readonly #search = new RepeatedWork('looking for lost backends', TURN_MS, (signal) => this.#turn(signal));
  /** Since when the controller has answered every time; by the clock's monotonic time. */
  #answeredSinceMs: number | undefined;

  constructor(world: LostBackendsWorld) {
    this.#world = world;
  }

  /** Begins; until {@link close}. */
  start(): void {
    this.#search.start();
  }

  /** Never rejects. */
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
    const { controller, store, cluster, clock } = this.#world;
    const { drones } = await controller.clusterState(cluster, signal);
    const heard = drones.filter(({ last_heartbeat_age }) => last_heartbeat_age < HEARD_SECONDS);
    const names = heard.map(({ node }) => node.name.Drone);
    await noteDrones(store, cluster, names);
    const nowMs = clock.monotonicMs();
    this.#answeredSinceMs ??= nowMs;
    // While the controller was away no drone could be heard: drones get the full time to report again.
    if (nowMs - this.#answeredSinceMs < SILENCE_SECONDS * 1000) return;
    const silent = new Set(await silentDrones(store, cluster, SILENCE_SECONDS));
    if (silent.size === 0) return;
    for (const { id, drone } of await listUnended(store)) {
      if (drone === null || !silent.has(drone)) continue;
      await markLost(store, id, clock.now());
    }
  }
}
