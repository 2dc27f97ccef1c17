import { clusterErrors } from '../contract/errors/cluster-errors.js';
import type { ControllerClient } from '../plane/controller-client.js';
import { DRONE_REPORT_SECONDS } from '../plane/controller-wire.js';
import { hasTokens } from '../store/api-tokens.js';
import type { Store } from '../store/tables.js';

/**
 * Checks that connects can succeed.
 * @throws JamdevError `DatabaseUnavailable`, `DatabaseUnusable`, `ControllerUnavailable`, `ControllerFailed`,
 *   `NoDroneAvailable`
 */
export async function checkReadiness(store: Store, controller: ControllerClient, where: ClusterPart): Promise<void> {
  await hasTokens(store);
  await checkDrones(controller, where);
}

/** The cluster and pool to check for drones. */
interface ClusterPart {
  cluster: string;
  pool: string;
}

/**
 * Checks that a drone accepts backends. Plane's cluster state does not include pools.
 * @throws JamdevError `ControllerUnavailable`, `ControllerFailed`, `NoDroneAvailable`
 */
export async function checkDrones(controller: ControllerClient, { cluster, pool }: ClusterPart): Promise<void> {
  const { drones } = await controller.clusterState(cluster);
  const usable = drones.filter(
    ({ ready, draining, last_heartbeat_age }) => ready && !draining && last_heartbeat_age < DRONE_REPORT_SECONDS,
  );
  if (usable.length === 0) throw clusterErrors.noDroneAvailable(cluster, pool);
}
