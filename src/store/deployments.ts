import { type Selectable, sql } from 'kysely';
import type { DeployAction } from '../contract/deployments.js';
import { addAudit } from './audit.js';
import type { EnvironmentName } from './environments.js';
import { keepService } from './service-lock.js';
import type { AuditAction, Store, Tables } from './tables.js';

/** A change of an environment's image. */
export interface DeploymentRow {
  id: number;
  /** A full reference or a digest; null for the newest push. */
  image: string | null;
  action: DeployAction;
  /** For a rollback: the deployment that was restored. */
  origin: number | null;
  actor: string;
  time: Date;
}

/** The new image of an environment. */
export interface EnvironmentMove extends EnvironmentName {
  /** Null for the newest push. */
  image: string | null;
  action: DeployAction;
  actor: string;
  /** For a rollback: see {@link DeploymentRow}. */
  origin?: number | undefined;
  /** The deployment that must be the last one; undefined for any. */
  after?: number | undefined;
  /** Whether the account created the service, which must then still exist. Default: no. */
  ofOwnService?: boolean;
}

/** The result of a move. */
export interface Moved {
  /** False if the environment already had this image, and nothing was done. */
  changed: boolean;
  deployment: DeploymentRow;
  /** The previous deployment. */
  previous: DeploymentRow | undefined;
}

/** `use-image` shares the audit action `deploy`, under which it has always been recorded. */
const AUDIT_ACTIONS: Record<DeployAction, AuditAction> = {
  deploy: 'deploy',
  'use-image': 'deploy',
  rollback: 'rollback',
  promote: 'promote',
};

/**
 * Sets the image of an environment for its next spawns, and records a deployment. Concurrent moves are serialized; each
 * is a deployment of its own.
 * @returns `deleted` if the service was deleted, undefined if another deployment came after the expected one
 */
export function moveEnvironment(store: Store, move: EnvironmentMove): Promise<Moved | 'deleted' | undefined> {
  const { account, service, environment, image, action, actor, origin = null, after, ofOwnService = false } = move;
  const name = { account, service, environment };
  return store.transaction().execute(async (transaction) => {
    if (ofOwnService && !(await keepService(transaction, { account, service }))) return 'deleted';
    const before = await lockEnvironment(transaction, name);
    const [previous] = await listDeployments(transaction, name, 1);
    if (after !== undefined && previous?.id !== after) return undefined;
    if (previous !== undefined && before === image) return { changed: false, deployment: previous, previous };
    const changed = { image, changed_at: sql<Date>`clock_timestamp()` };
    await transaction
      .updateTable('environments')
      .set(changed)
      .where('account', '=', account)
      .where('service', '=', service)
      .where('environment', '=', environment)
      .execute();
    const row = await transaction
      .insertInto('deployments')
      .values({ ...name, image, action, origin, actor })
      .returning(COLUMNS)
      .executeTakeFirstOrThrow();
    const target = `${service}/${environment}: ${image ?? 'newest push'}`;
    await addAudit(transaction, { account, actor, action: AUDIT_ACTIONS[action], target });
    return { changed: true, deployment: toRow(row), previous };
  });
}

const COLUMNS = ['id', 'image', 'action', 'origin', 'actor', 'time'] as const;

/** Lists the deployments of an environment, newest first. */
export async function listDeployments(store: Store, name: EnvironmentName, limit: number): Promise<DeploymentRow[]> {
  const { account, service, environment } = name;
  const rows = await store
    .selectFrom('deployments')
    .select(COLUMNS)
    .where('account', '=', account)
    .where('service', '=', service)
    .where('environment', '=', environment)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toRow);
}

/**
 * Finds the deployment that a rollback restores: the last one before the current image that has another image. A
 * rollback counts as the deployment that it restored, so repeated rollbacks go further back.
 */
export async function findEarlier(
  store: Store,
  name: EnvironmentName,
): Promise<{ last: DeploymentRow | undefined; earlier: DeploymentRow | undefined }> {
  const { account, service, environment } = name;
  const [last] = await listDeployments(store, name, 1);
  if (last === undefined) return { last, earlier: undefined };
  const row = await store
    .selectFrom('deployments')
    .select(COLUMNS)
    .where('account', '=', account)
    .where('service', '=', service)
    .where('environment', '=', environment)
    .where('id', '<', last.origin ?? last.id)
    .where('action', '!=', 'rollback')
    .where(sql<boolean>`image is distinct from ${last.image}`)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return { last, earlier: row && toRow(row) };
}

/**
 * Finds the deployment that a rollback to a given id restores. If that was a rollback itself, it counts as the
 * deployment that it restored, as in {@link findEarlier}.
 */
export async function findOriginal(
  store: Store,
  name: EnvironmentName,
  id: number,
): Promise<{ last: DeploymentRow | undefined; earlier: DeploymentRow | undefined }> {
  const { account, service, environment } = name;
  const [last] = await listDeployments(store, name, 1);
  const row = await store
    .selectFrom('deployments')
    .select(COLUMNS)
    .where('account', '=', account)
    .where('service', '=', service)
    .where('environment', '=', environment)
    .where('id', '=', id)
    .executeTakeFirst();
  return { last, earlier: row && { ...toRow(row), id: row.origin ?? row.id } };
}

/** Locks an environment against other changes until the transaction ends. @returns the environment's current image */
async function lockEnvironment(store: Store, name: EnvironmentName): Promise<string | null> {
  await store
    .insertInto('environments')
    .values({ ...name, image: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const query = store.selectFrom('environments').select('image').forUpdate();
  const { account, service, environment } = name;
  const { image } = await query
    .where('account', '=', account)
    .where('service', '=', service)
    .where('environment', '=', environment)
    .executeTakeFirstOrThrow();
  return image;
}

function toRow(row: Pick<Selectable<Tables['deployments']>, (typeof COLUMNS)[number]>): DeploymentRow {
  const { id, image, action, origin, actor, time } = row;
  return { id, image, action, origin, actor, time };
}
