import type { DeployAction, DeployedJson, DeploymentJson } from '../contract/deployments.js';
import { deployErrors } from '../contract/errors/deploy-errors.js';
import type { ClusterAccount } from '../plane/cluster-account.js';
import { NEWEST_TAG } from '../platform/services.js';
import { type DeploymentRow, findEarlier, findOriginal, listDeployments, type Moved } from '../store/deployments.js';
import { type EnvironmentName, findEnvironment } from '../store/environments.js';
import type { Store } from '../store/tables.js';

/** The name is used in paths, and after a slash on the command line. */
const ENVIRONMENT_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const MAX_LISTED = 100;

/** The context for operations on the environments of an account's services. */
export interface Deployer {
  store: Store;
  account: string;
  plane: ClusterAccount;
}

/**
 * Moves an environment to an image.
 * @throws JamdevError `ServiceNotFound`, `ImageNotFound`, `InvalidRequest`
 */
export async function deploy(
  deployer: Deployer,
  asked: string,
  environment: string,
  image: string,
  action: DeployAction = 'deploy',
): Promise<DeployedJson> {
  if (!ENVIRONMENT_NAME.test(environment)) throw deployErrors.environmentNameInvalid(environment);
  const { name: service } = await deployer.plane.service(asked);
  return toJson(service, environment, await deployer.plane.move(service, environment, image, { action }));
}

/**
 * Moves an environment back to its previous image. If several rollbacks run at once, only one succeeds.
 * @param to the id of the deployment to go back to; undefined for the last one with another image
 * @throws JamdevError `ServiceNotFound`, `EnvironmentNotFound`, `DeploymentNotFound`, `NothingBefore`,
 *   `DeploymentConflict`
 */
export async function rollback(
  deployer: Deployer,
  asked: string,
  environment: string,
  to?: number,
): Promise<DeployedJson> {
  const name = await findKnown(deployer, asked, environment);
  const { service } = name;
  const { last, earlier } = await (to === undefined
    ? findEarlier(deployer.store, name)
    : findOriginal(deployer.store, name, to));
  if (earlier === undefined && to !== undefined) throw deployErrors.deploymentNotFound(service, environment, to);
  if (last === undefined || earlier === undefined) throw deployErrors.nothingBefore(service, environment);
  const moved = await deployer.plane.move(service, environment, earlier.image ?? NEWEST_TAG, {
    ...{ action: 'rollback' as const, origin: earlier.id, after: last.id },
  });
  return toJson(service, environment, moved);
}

/**
 * Moves an environment to the image of another environment.
 * @throws JamdevError `ServiceNotFound`, `EnvironmentNotFound`, `ImageNotFound`, `InvalidRequest`
 */
export async function promote(deployer: Deployer, asked: string, from: string, to: string): Promise<DeployedJson> {
  if (from === to) throw deployErrors.promotedToItself(to);
  const { service } = await findKnown(deployer, asked, from);
  const image = await imageOf(deployer, service, from);
  if (image === undefined) throw deployErrors.nothingDeployed(service, from);
  return deploy(deployer, service, to, image, 'promote');
}

/**
 * Returns the deployments of an environment, newest first. @throws JamdevError `ServiceNotFound`, `EnvironmentNotFound`
 */
export async function history(deployer: Deployer, asked: string, environment: string): Promise<DeploymentJson[]> {
  const name = await findKnown(deployer, asked, environment);
  return (await listDeployments(deployer.store, name, MAX_LISTED)).map(toDeploymentJson);
}

/**
 * Returns the image of new sessions of an environment: a full reference, or the digest of a pushed image; undefined if
 * there is none yet.
 */
export async function imageOf(
  { store, account, plane }: Deployer,
  service: string,
  environment: string,
): Promise<string | undefined> {
  const pinned = (await findEnvironment(store, { account, service, environment }))?.image;
  if (pinned != null) return pinned;
  const [newest] = await plane.images(service);
  if (newest !== undefined) return newest.digest;
  const { environments } = await plane.service(service);
  const configured = environments.find(({ name }) => name === environment)?.imageTag;
  return configured === NEWEST_TAG ? undefined : configured;
}

/** @throws JamdevError `ServiceNotFound`, `EnvironmentNotFound` */
async function findKnown({ plane, account }: Deployer, asked: string, environment: string): Promise<EnvironmentName> {
  const { name: service, environments } = await plane.service(asked);
  const known = environments.map(({ name }) => name);
  if (!known.includes(environment)) throw deployErrors.environmentNotFound(service, environment, known);
  return { account, service, environment };
}

function toJson(service: string, environment: string, moved: Moved | undefined): DeployedJson {
  if (moved === undefined) throw deployErrors.changedMeanwhile(service, environment);
  const { changed, deployment, previous } = moved;
  const before = previous === undefined ? null : toDeploymentJson(previous);
  return { service, environment, changed, deployment: toDeploymentJson(deployment), previous: before };
}

/** Converts a deployment to its JSON form. @returns the wire form of a deployment */
export function toDeploymentJson({ id, image, action, origin, actor, time }: DeploymentRow): DeploymentJson {
  return { id, image, action, origin, actor, time: time.toISOString() };
}
