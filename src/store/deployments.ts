import { type Selectable, sql } from 'kysely';
import type { DeployAction } from '../contract/deployments.js';
import { addAudit } from './audit.js';
import type { EnvironmentName } from './environments.js';
import { keepService } from './service-lock.js';
import type { AuditAction, Store, Tables } from './tables.js';

/** A change of what an environment runs. */
export interface DeploymentRow {
  id: number;
  /** A full reference, or a digest. Null: the newest push. */
  image: string | null;
  action: DeployAction;
  /** Of a rollback: the deployment that it went back to. */
  origin: number | null;
  actor: string;
  time: Date;
}

/** What to set an environment to. */
export interface EnvironmentMove extends EnvironmentName {
  /** Null: the newest push. */
  image: string | null;
  action: DeployAction;
  actor: string;
  /** Of a rollback: see {@link DeploymentRow}. */
  origin?: number | undefined;
  /** The deployment that is expected to be the last one; undefined: any. */
  after?: number | undefined;
  /** Whether the account created the service, which must still be there then. Default: no. */
  ofOwnService?: boolean;
}

/** How that went. */
export interface Moved {
  /** False: it was set to this image already, and nothing was done. */
  changed: boolean;
  deployment: DeploymentRow;
  /** The deployment before. */
  previous: DeploymentRow | undefined;
}

/** `jamsocket use-image` has been recorded as a deployment from the start. */
const AUDIT_ACTIONS: Record<DeployAction, AuditAction> = {
  deploy: 'deploy',
  'use-image': 'deploy',
  rollback: 'rollback',
  promote: 'promote',
};

/**
 * Sets what an environment runs from its next spawn on, and writes down that it was. Of several at once, each is a deployment
 * of its own, in one order.
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

/** The deployments of an environment, the newest first. */
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
 * Finds the deployment that a rollback goes back to: the last one with another image before that which the environment
 * runs. A rollback counts as the deployment that it went back to, so that each one more goes further back.
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
 * Finds the deployment that a rollback to a named one goes back to. One that was a rollback itself counts as that which it
 * went back to, as for {@link findEarlier}.
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

/** Keeps others from changing an environment until the transaction ends. @returns the image that it is set to */
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
