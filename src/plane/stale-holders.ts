import { clusterErrors } from '../contract/errors/cluster-errors.js';
import { discardBackend } from '../store/backends.js';
import { type Holder, lostLastHolder } from '../store/holders.js';
import type { KeyOfService } from '../store/key-locks.js';
import type { Store } from '../store/tables.js';
import type { ControllerClient } from './controller-client.js';
import type { DroneEngines } from './drone-engines.js';
import { markLost } from './lost-status.js';

/**
 * What to do about a key whose last holder may still run, since its drone's engine does not answer: spawn another backend,
 * or have connects wait.
 */
type LostDronePolicy = 'spawn' | 'wait';

/** What became of backends that had lost their key. */
interface StaleEnd {
  ended: readonly Holder[];
  uncertain: readonly Holder[];
}

/** What {@link StaleHolders} works with. */
export interface StaleHoldersWorld {
  controller: ControllerClient;
  store: Store;
  engines: DroneEngines;
  onLostDrone: LostDronePolicy;
  now: () => Date;
  /** Receives the id of a backend whose container may run on, and its drone. */
  onUncertain: (id: string, drone: string | null) => void;
}

/**
 * Ends what may be left of backends that have lost their key but not ended, according to the cluster: a drone whose process
 * has died leaves its containers running past the lease of their keys.
 */
export class StaleHolders {
  readonly #world: StaleHoldersWorld;

  constructor(world: StaleHoldersWorld) {
    this.#world = world;
  }

  /**
   * @returns `ended`: those whose end Plane will not report; pass them to {@link forget} once another backend has the key.
   *   `uncertain`: those of them whose containers may still run
   * @throws JamdevError `HolderUnreachable` where one may still run, and the policy is to wait
   */
  async end(holders: readonly Holder[], signal: AbortSignal): Promise<StaleEnd> {
    const { controller, engines, onLostDrone, onUncertain } = this.#world;
    const ended: Holder[] = [];
    const uncertain: Holder[] = [];
    for (const holder of holders) {
      const status = await controller.status(holder.id, signal);
      // It ended as it should; its follower records that. That it is lost says nothing of its container.
      if (status?.status === 'terminated' && status.termination_reason !== 'lost') continue;
      ended.push(holder);
      // Never spawned: the process that wrote the row was killed before it asked Plane.
      if (status === undefined || (await engines.kill(holder.id, holder.drone))) continue;
      // Reaches the drone if it comes back.
      await controller.terminate(holder.id, true);
      if (onLostDrone === 'wait') throw clusterErrors.holderUnreachable(holder.key, holder.service, holder.drone);
      uncertain.push(holder);
      onUncertain(holder.id, holder.drone);
    }
    return { ended, uncertain };
  }

  /**
   * Where the policy is to wait: makes sure that the last backend with a key does not run, if it is lost by our records. That
   * alone says nothing of its container.
   * @throws JamdevError `HolderUnreachable` where it may still run
   */
  async endLost(key: KeyOfService, signal: AbortSignal): Promise<void> {
    const { store, onLostDrone } = this.#world;
    if (onLostDrone !== 'wait') return;
    const lost = await lostLastHolder(store, key);
    if (lost !== undefined) await this.end([lost], signal);
  }

  /** Marks backends as lost, since their key has another holder. The row of one that was never spawned is deleted. */
  async forget(stale: readonly Holder[]): Promise<void> {
    const { controller, store, now } = this.#world;
    for (const { id } of stale) {
      if ((await controller.status(id)) === undefined) await discardBackend(store, id);
      else await markLost(store, id, now());
    }
  }
}
