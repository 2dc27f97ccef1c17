import { type Clock, pause } from '../os/clock.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { listUnended } from '../store/backends.js';
import { noteDrones, silentDrones } from '../store/drones.js';
import type { Store } from '../store/tables.js';
import type { ControllerClient } from './controller-client.js';
import { markLost } from './lost-status.js';

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

/** Says of backends that they are lost, when their drone has been silent for long. Plane shows them as ready for ever. */
export class LostBackends {
  readonly #world: LostBackendsWorld;
  readonly #closing = new AbortController();
  #ended: Promise<void> | undefined;
  /** Since when the controller has answered every time; by the clock's monotonic time. */
  #answeredSinceMs: number | undefined;

  constructor(world: LostBackendsWorld) {
    this.#world = world;
  }

  /** Begins; until {@link close}. */
  start(): void {
    this.#ended ??= this.#run();
  }

  /** Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#turn();
      } catch (error) {
        this.#answeredSinceMs = undefined;
        if (!signal.aborted) noteHandled('plane', 'looking for lost backends', error);
      }
      await pause(TURN_MS, signal);
    }
  }

  async #turn(): Promise<void> {
    const { controller, store, cluster, clock } = this.#world;
    const { drones } = await controller.clusterState(cluster, this.#closing.signal);
    const heard = drones.filter(({ last_heartbeat_age }) => last_heartbeat_age < HEARD_SECONDS);
    const names = heard.map(({ node }) => node.name.Drone);
    await noteDrones(store, cluster, names);
    const nowMs = clock.monotonicMs();
    this.#answeredSinceMs ??= nowMs;
    // While no controller answers nobody is heard of; after it, drones are given the time to come back.
    if (nowMs - this.#answeredSinceMs < SILENCE_SECONDS * 1000) return;
    const silent = new Set(await silentDrones(store, cluster, SILENCE_SECONDS));
    if (silent.size === 0) return;
    for (const { id, drone } of await listUnended(store)) {
      if (drone === null || !silent.has(drone)) continue;
      await markLost(store, id, clock.now());
    }
  }
}
