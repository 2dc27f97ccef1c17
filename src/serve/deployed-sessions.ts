import type { EnvironmentStateJson, SessionPolicy } from '../contract/deployments.js';
import { backendErrors } from '../contract/errors/backend-errors.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { type BackendRow, listLive } from '../store/backends.js';
import { listDeployments } from '../store/deployments.js';
import { findEnvironment } from '../store/environments.js';
import { rankOf } from '../store/statuses.js';
import { type Deployer, imageOf, toDeploymentJson } from './deployments.js';

/** The status of a session that a policy has begun to end. */
const STATUS_OF = { drain: 'terminating', now: 'hard-terminating' } as const;

/**
 * Returns the image of every environment of a service, and its number of sessions. @throws JamdevError
 * `ServiceNotFound`
 */
export async function listStates(
  deployer: Deployer,
  asked: string,
): Promise<{ service: string; environments: EnvironmentStateJson[] }> {
  const { name: service, environments } = await deployer.plane.service(asked);
  const states = environments.map(({ name }) => stateOf(deployer, service, name));
  return { service, environments: await Promise.all(states) };
}

/**
 * Begins to end the sessions of an environment that run an earlier image, according to the policy. A spawn that
 * selected its image just before a deployment shows up slightly later, so repeat the call until none is left.
 * @returns the environment, with its sessions before the call
 * @throws JamdevError `ServiceNotFound`
 */
export async function settle(
  deployer: Deployer,
  asked: string,
  environment: string,
  policy: SessionPolicy,
): Promise<EnvironmentStateJson> {
  const { name: service } = await deployer.plane.service(asked);
  const state = await stateOf(deployer, service, environment);
  if (policy === 'keep') return state;
  const isAsked = ({ status }: { status: string }) => rankOf(status as 'ready') >= rankOf(STATUS_OF[policy]);
  for (const { id } of state.sessions.earlier.filter((session) => !isAsked(session))) {
    await endSession(deployer, id, policy === 'now');
  }
  return state;
}

async function endSession({ plane }: Deployer, id: string, hard: boolean): Promise<void> {
  try {
    await plane.terminate(id, hard);
  } catch (error) {
    if (!(error instanceof JamdevError) || error.code !== backendErrors.backendNotRunning(id).code) throw error;
    noteHandled('serve', 'ending a session that has just ended', error);
  }
}

async function stateOf(deployer: Deployer, service: string, environment: string): Promise<EnvironmentStateJson> {
  const { store, account } = deployer;
  const name = { account, service, environment };
  const [image, set, [last], live] = await Promise.all([
    imageOf(deployer, service, environment),
    findEnvironment(store, name),
    listDeployments(store, name, 1),
    listLive(store, { account, service }),
  ]);
  const sessions = live.filter((row) => row.environment === environment);
  const isCurrent = (row: BackendRow) => image !== undefined && isSameImage(row.image, image);
  return {
    environment,
    image: image ?? null,
    pinned: set?.image != null,
    deployment: last === undefined ? null : toDeploymentJson(last),
    sessions: {
      current: sessions.filter(isCurrent).length,
      earlier: sessions.filter((row) => !isCurrent(row)).map(toSession),
    },
  };
}

function toSession({ id, key, history }: BackendRow) {
  return { id, key, status: history.at(-1)?.status ?? 'scheduled' };
}

/**
 * Whether two references mean the same image. An environment may have only the digest of a pushed image, whereas a
 * session has the full reference.
 */
function isSameImage(one: string, other: string): boolean {
  return digestOf(one) === digestOf(other);
}

function digestOf(image: string): string {
  return image.slice(image.indexOf('@') + 1);
}
