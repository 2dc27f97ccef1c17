import { clusterErrors } from '../contract/errors/cluster-errors.js';
import { discardBackend } from '../store/backends.js';
import { type Holder, lostLastHolder } from '../store/holders.js';
import type { KeyOfService } from '../store/key-locks.js';
import type { Store } from '../store/tables.js';
import type { ControllerClient } from './controller-client.js';
import type { DroneEngines } from './drone-engines.js';
import { markLost } from './lost-status.js';

/**
 * What to do about a key whose last holder may still be running because its drone's engine does not answer: spawn
 * another backend, or let connects wait.
 */
type LostDronePolicy = 'spawn' | 'wait';

/** The outcome for backends that lost their key. */
interface StaleEnd {
  ended: readonly Holder[];
  uncertain: readonly Holder[];
}

/** The dependencies of {@link StaleHolders}. */
export interface StaleHoldersWorld {
  controller: ControllerClient;
  store: Store;
  engines: DroneEngines;
  onLostDrone: LostDronePolicy;
  now: () => Date;
  /** Receives the id and drone of a backend whose container may still be running. */
  onUncertain: (id: string, drone: string | null) => void;
}

/**
 * Ends the containers of backends that lost their key without ending, according to the cluster: a drone whose process
 * has died leaves its containers running past the lease of their keys.
 */
export class StaleHolders {
  readonly #world: StaleHoldersWorld;

  constructor(world: StaleHoldersWorld) {
    this.#world = world;
  }

  /**
   * Ends the containers of holders.
   * @returns `ended`: backends whose end Plane will not report, to be passed to {@link forget} once another backend has
   *   the key. `uncertain`: the ones among them whose containers may still be running
   * @throws JamdevError `HolderUnreachable` if a container may still be running and the policy is to wait
   */
  async end(holders: readonly Holder[], signal: AbortSignal): Promise<StaleEnd> {
    const { controller, engines, onLostDrone, onUncertain } = this.#world;
    const ended: Holder[] = [];
    const uncertain: Holder[] = [];
    for (const holder of holders) {
      const status = await controller.status(holder.id, signal);
      // The backend ended normally, and its follower records that. The reason "lost" would say nothing about its
      // container.
      if (status?.status === 'terminated' && status.termination_reason !== 'lost') continue;
      ended.push(holder);
      // Without a status it was never spawned: the process that wrote the row was killed before it asked Plane.
      if (status === undefined || (await engines.kill(holder.id, holder.drone))) continue;
      // Takes effect if the drone returns.
      await controller.terminate(holder.id, true);
      if (onLostDrone === 'wait') throw clusterErrors.holderUnreachable(holder.key, holder.service, holder.drone);
      uncertain.push(holder);
      onUncertain(holder.id, holder.drone);
    }
    return { ended, uncertain };
  }

  /**
   * Ensures, if the policy is to wait, that the last backend with a key is not running although our records say that it
   * is lost, which says nothing about its container.
   * @throws JamdevError `HolderUnreachable` if it may still be running
   */
  async endLost(key: KeyOfService, signal: AbortSignal): Promise<void> {
    const { store, onLostDrone } = this.#world;
    if (onLostDrone !== 'wait') return;
    const lost = await lostLastHolder(store, key);
    if (lost !== undefined) await this.end([lost], signal);
  }

  /**
   * Marks backends as lost because their key has another holder. Deletes the rows of backends that were never spawned.
   */
  async forget(stale: readonly Holder[]): Promise<void> {
    const { controller, store, now } = this.#world;
    for (const { id } of stale) {
      if ((await controller.status(id)) === undefined) await discardBackend(store, id);
      else await markLost(store, id, now());
    }
  }
}
