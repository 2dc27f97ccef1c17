import { json } from '../api/answer.js';
import { type Endpoint, get, post } from '../api/endpoint.js';
import { droneListSchema } from '../contract/drones.js';
import { okSchema } from '../contract/responses.js';
import type { ClusterDrones } from '../plane/cluster-drones.js';

/** Declares the endpoints for the drones of the cluster, for its operators. */
export function droneEndpoints(drones: ClusterDrones): Endpoint[] {
  return [
    get('/v2/drones', {
      summary: 'Lists the drones of the cluster, including missing ones',
      scope: 'operator',
      answer: json(droneListSchema),
      errors: ['ControllerUnavailable', 'ControllerFailed'],
      handle: async () => ({ cluster: drones.cluster, drones: await drones.list() }),
    }),

    post('/v2/drone/:name/drain', {
      summary: 'Permanently keeps new backends off a drone',
      scope: 'operator',
      answer: json(okSchema),
      errors: ['DroneNotFound', 'ControllerUnavailable', 'ControllerFailed'],
      handle: async ({ params, account: { name, actor } }) => {
        await drones.drain(params.name, { account: name, actor });
        return { status: 'ok' };
      },
    }),
  ];
}
