import { clusterErrors } from '../contract/errors/cluster-errors.js';
import { type BackendRow, discardBackend } from '../store/backends.js';
import type { Store } from '../store/tables.js';
import type { ControllerClient } from './controller-client.js';
import type { DroneEngines } from './drone-engines.js';
import { markLost } from './lost-status.js';

/**
 * What happens to a key whose last holder can't be ended for certain, as its drone's engine does not answer: another is
 * spawned, or connects wait.
 */
type LostDronePolicy = 'spawn' | 'wait';

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
 * Ends what may be left of backends that have lost their key, as the cluster says, without having ended: a drone whose
 * process has died leaves its containers running past the lease of their keys.
 */
export class StaleHolders {
  readonly #world: StaleHoldersWorld;

  constructor(world: StaleHoldersWorld) {
    this.#world = world;
  }

  /**
   * @returns those whose end nobody will report; to be given to {@link forget} once another backend has the key
   * @throws JamdevError `HolderUnreachable` where one may still run, and the policy is to wait
   */
  async end(holders: readonly BackendRow[], signal: AbortSignal): Promise<BackendRow[]> {
    const { controller, engines, onLostDrone, onUncertain } = this.#world;
    const stale: BackendRow[] = [];
    for (const holder of holders) {
      const status = await controller.status(holder.id, signal);
      // It ended as it should, and whoever follows it will say so.
      if (status?.status === 'terminated') continue;
      stale.push(holder);
      // Never spawned: whoever wrote the row was gone before it asked for it.
      if (status === undefined || (await engines.kill(holder.id, holder.drone))) continue;
      if (onLostDrone === 'wait') throw clusterErrors.holderUnreachable(holder.key, holder.service, holder.drone);
      onUncertain(holder.id, holder.drone);
    }
    return stale;
  }

  /** Says of backends that they are lost: their key has another holder. Of one that was never spawned nothing is kept. */
  async forget(stale: readonly BackendRow[]): Promise<void> {
    const { controller, store, now } = this.#world;
    for (const { id } of stale) {
      if ((await controller.status(id)) === undefined) await discardBackend(store, id);
      else await markLost(store, id, now());
    }
  }
}
