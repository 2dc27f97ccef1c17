import type { DroneJson } from '../contract/drones.js';
import { clusterErrors } from '../contract/errors/cluster-errors.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import type { Clock } from '../os/clock.js';
import { addAudit } from '../store/audit.js';
import { listDrones } from '../store/drones.js';
import type { Store } from '../store/tables.js';
import type { ControllerClient } from './controller-client.js';
import { type ClusterState, DRONE_REPORT_SECONDS } from './controller-wire.js';
import type { DroneEngines } from './drone-engines.js';

/** The dependencies of {@link ClusterDrones}. */
export interface ClusterDronesWorld {
  controller: ControllerClient;
  store: Store;
  engines: DroneEngines;
  cluster: string;
  clock: Clock;
}

type LiveDrone = ClusterState['drones'][number];

/** The drones of a cluster, for its operators. */
export class ClusterDrones {
  readonly #world: ClusterDronesWorld;

  constructor(world: ClusterDronesWorld) {
    this.#world = world;
  }

  get cluster(): string {
    return this.#world.cluster;
  }

  /**
   * Lists the drones that Plane reports, and drones that are missing there although they were seen before or are
   * configured.
   * @throws JamdevError `ControllerUnavailable`, `ControllerFailed`, `DatabaseUnavailable`
   */
  async list(): Promise<DroneJson[]> {
    const { store, engines, cluster } = this.#world;
    const live = new Map((await this.#live()).map((drone) => [drone.node.name.Drone, drone]));
    const seen = new Map((await listDrones(store, cluster)).map(({ name, lastSeenAt }) => [name, lastSeenAt]));
    const names = new Set([...live.keys(), ...seen.keys(), ...engines.names]);
    return Promise.all([...names].sort().map((name) => this.#describe(name, live.get(name), seen.get(name))));
  }

  /**
   * Permanently keeps new backends off a drone: Plane can't undo this, and remembers it by the drone's name.
   * @param who the sender of the request, for the audit log
   * @throws JamdevError `DroneNotFound`, `ControllerUnavailable`, `ControllerFailed`, `DatabaseUnavailable`
   */
  async drain(name: string, who: { account: string; actor: string }): Promise<void> {
    const { controller, store, cluster } = this.#world;
    const live = await this.#live();
    if (!live.some(({ node }) => node.name.Drone === name)) throw clusterErrors.droneNotFound(name, cluster);
    await controller.drain(cluster, name);
    await addAudit(store, { ...who, action: 'drone.drain', target: name });
  }

  async #live(): Promise<readonly LiveDrone[]> {
    return (await this.#world.controller.clusterState(this.#world.cluster)).drones;
  }

  async #describe(name: string, live: LiveDrone | undefined, seen: Date | undefined): Promise<DroneJson> {
    const heardAt =
      live === undefined ? seen : new Date(this.#world.clock.now().getTime() - 1000 * live.last_heartbeat_age);
    return {
      name,
      state: stateOf(live),
      backends: live?.backend_count ?? null,
      version: live?.node.plane_version ?? null,
      last_seen_at: heardAt?.toISOString() ?? null,
      ...(await this.#tryEngine(name)),
    };
  }

  async #tryEngine(name: string): Promise<Pick<DroneJson, 'engine' | 'engine_problem'>> {
    try {
      const engine = await this.#world.engines.engineOf(name);
      // A cached engine may have stopped in the meantime.
      await engine?.now();
      return { engine: engine === undefined ? 'not configured' : 'ok' };
    } catch (error) {
      if (!(error instanceof JamdevError)) throw error;
      return { engine: 'unreachable', engine_problem: error.sentence };
    }
  }
}

function stateOf(live: LiveDrone | undefined): DroneJson['state'] {
  if (live === undefined) return 'lost';
  if (live.last_heartbeat_age >= DRONE_REPORT_SECONDS) return 'silent';
  if (live.draining) return 'draining';
  return live.ready ? 'ready' : 'starting';
}
