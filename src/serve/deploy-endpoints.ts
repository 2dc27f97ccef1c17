import { json } from '../api/answer.js';
import { type Endpoint, get, post } from '../api/endpoint.js';
import {
  deployedSchema,
  deploymentsSchema,
  deployRequestSchema,
  environmentStateSchema,
  environmentsSchema,
  promoteRequestSchema,
  rollbackRequestSchema,
  settleRequestSchema,
} from '../contract/deployments.js';
import { type DEV_PREFIX, servePrefix } from '../contract/dev-prefix.js';
import type { ClusterControlPlane } from '../plane/cluster-control-plane.js';
import type { Store } from '../store/tables.js';
import { listStates, settle } from './deployed-sessions.js';
import { type Deployer, deploy, history, promote, rollback } from './deployments.js';

const SERVICE =
  `${servePrefix(':account')}/service/:service` as `${typeof DEV_PREFIX}/account/:account/service/:service`;
const ENVIRONMENT = `${SERVICE}/environment/:environment` as const;

/** Declares the endpoints of `jamdev deploy`, `rollback` and `promote`. */
export function deployEndpoints(store: Store, controlPlane: ClusterControlPlane): Endpoint[] {
  const deployerOf = ({ name, actor }: { name: string; actor: string }): Deployer => ({
    store,
    account: name,
    plane: controlPlane.account({ account: name, actor }),
  });
  return [
    get(`${SERVICE}/environments`, {
      summary: 'The image of each environment of a service, since when it is set, and how many sessions run it',
      answer: json(environmentsSchema),
      errors: ['ServiceNotFound'],
      handle: ({ account, params: { service } }) => listStates(deployerOf(account), service),
    }),

    get(`${ENVIRONMENT}/deployments`, {
      summary: 'The last 100 deployments of an environment, the newest first',
      answer: json(deploymentsSchema),
      errors: ['ServiceNotFound', 'EnvironmentNotFound'],
      handle: async ({ account, params: { service, environment } }) => ({
        deployments: await history(deployerOf(account), service, environment),
      }),
    }),

    post(`${ENVIRONMENT}/deploy`, {
      summary: 'Sets the image of an environment; creates the environment if needed',
      scope: 'deploy',
      body: deployRequestSchema,
      answer: json(deployedSchema),
      errors: ['ServiceNotFound', 'ImageNotFound'],
      handle: ({ account, params: { service, environment }, body: { image } }) =>
        deploy(deployerOf(account), service, environment, image),
    }),

    post(`${ENVIRONMENT}/rollback`, {
      summary: 'Moves an environment back to the image that it ran before, or that of a deployment',
      scope: 'deploy',
      body: rollbackRequestSchema,
      answer: json(deployedSchema),
      errors: [
        'ServiceNotFound',
        'EnvironmentNotFound',
        'DeploymentNotFound',
        'ImageNotFound',
        'NothingBefore',
        'DeploymentConflict',
      ],
      handle: ({ account, params: { service, environment }, body: { to } }) =>
        rollback(deployerOf(account), service, environment, to),
    }),

    post(`${ENVIRONMENT}/promote`, {
      summary: 'Sets an environment to the image of another one',
      scope: 'deploy',
      body: promoteRequestSchema,
      answer: json(deployedSchema),
      errors: ['ServiceNotFound', 'EnvironmentNotFound', 'ImageNotFound'],
      handle: ({ account, params: { service, environment }, body: { from } }) =>
        promote(deployerOf(account), service, from, environment),
    }),

    post(`${ENVIRONMENT}/sessions`, {
      summary: 'Begins to end the sessions that run an earlier image; repeat until none is left',
      scope: 'deploy',
      body: settleRequestSchema,
      answer: json(environmentStateSchema),
      errors: ['ServiceNotFound', 'ControllerUnavailable', 'ControllerFailed'],
      handle: ({ account, params: { service, environment }, body: { policy } }) =>
        settle(deployerOf(account), service, environment, policy),
    }),
  ];
}
