import { backendErrors } from '../contract/errors/backend-errors.js';
import type { ConnectParams } from '../contract/requests.js';
import type { Clock } from '../os/clock.js';
import type {
  AccountPlane,
  BackendView,
  Connected,
  ServiceTermination,
  ServiceView,
} from '../platform/control-plane.js';
import { newKey } from '../platform/ids.js';
import { DEFAULT_ENVIRONMENT, type ServiceImage } from '../platform/services.js';
import type { UsageInterval } from '../platform/usage-gauge.js';
import { addAudit } from '../store/audit.js';
import { type BackendRow, findBackend, listLive } from '../store/backends.js';
import type { Moved } from '../store/deployments.js';
import { addStatus } from '../store/statuses.js';
import { checkPassable } from './check-passable.js';
import type { ConnectRate } from './connect-rate.js';
import type { ControllerClient } from './controller-client.js';
import type { DroneEngines } from './drone-engines.js';
import { openUsage } from './drone-output.js';
import { toHistory } from './history.js';
import type { KeyConnector } from './key-connector.js';
import { type ImageChange, ServiceCatalog, type ServiceCatalogWorld } from './service-catalog.js';
import { askDrone, openSessionLog } from './session-log.js';
import type { TimedLine } from './timed-lines.js';

/** The dependencies of a {@link ClusterAccount}. */
export interface ClusterWorld extends ServiceCatalogWorld {
  controller: ControllerClient;
  keys: KeyConnector;
  engines: DroneEngines;
  rate: ConnectRate;
  clock: Clock;
}

/** The view and operations of one account on a cluster, limited to the account's own services and backends. */
export class ClusterAccount implements AccountPlane {
  readonly #world: ClusterWorld;
  readonly #account: string;
  readonly #actor: string;
  readonly #services: ServiceCatalog;

  /** @param actor the sender of the request, for the audit log */
  constructor(world: ClusterWorld, account: string, actor: string) {
    this.#world = world;
    this.#account = account;
    this.#actor = actor;
    this.#services = new ServiceCatalog(world, account);
  }

  async connect(asked: string, params: ConnectParams, signal?: AbortSignal): Promise<Connected> {
    this.#world.rate.take(this.#account);
    const service = await this.#services.find(asked);
    const environment = params.environment ?? DEFAULT_ENVIRONMENT;
    checkPassable(params);
    const { backend_id, spawned, status, token, secret_token, url, remark } = await this.#world.keys.connect(
      {
        account: this.#account,
        service,
        environment,
        key: params.key ?? newKey(),
        keyGiven: params.key !== undefined,
        ofOwnService: this.#services.isOwn(service),
        params,
        image: async () => (await this.#services.images(service)).toRun(environment, params.tag),
      },
      signal,
    );
    return {
      ...{ backendId: backend_id, spawned, status, token, secretToken: secret_token ?? undefined, remark },
      connectionUrl: () => url,
    };
  }

  async backend(id: string): Promise<BackendView> {
    return toView(await this.#find(id));
  }

  async running(): Promise<BackendView[]> {
    return (await listLive(this.#world.store, { account: this.#account })).map(toView);
  }

  async logLines(id: string, signal: AbortSignal): Promise<AsyncIterable<string>> {
    return texts(await openSessionLog(this.#world, await this.#find(id), { follow: true }, signal));
  }

  async usage(id: string, signal: AbortSignal): Promise<AsyncIterable<UsageInterval>> {
    const row = await this.#find(id);
    if (row.endedAt !== null) return nothing();
    return askDrone(this.#world.engines, row, (engine) => openUsage(engine, id, signal));
  }

  async terminate(id: string, hard: boolean): Promise<void> {
    const row = await this.#find(id);
    if (row.endedAt !== null) throw backendErrors.backendNotRunning(id);
    await this.#end(row, hard);
  }

  async terminateService(asked: string, request: ServiceTermination): Promise<{ found: number; terminated: number }> {
    const { before, hard, dryRun } = request;
    const service = await this.#services.find(asked);
    const rows = await listLive(this.#world.store, { account: this.#account, service, before });
    if (!dryRun) for (const row of rows) await this.#end(row, hard);
    return { found: rows.length, terminated: dryRun ? 0 : rows.length };
  }

  services(): Promise<string[]> {
    return this.#services.list();
  }

  service(name: string): Promise<ServiceView> {
    return this.#services.view(name);
  }

  createService(name: string): Promise<void> {
    return this.#services.create(name, this.#actor);
  }

  deleteService(name: string): Promise<void> {
    return this.#services.delete(name, this.#actor);
  }

  async images(service: string): Promise<ServiceImage[]> {
    return (await this.#services.images(service)).list();
  }

  async useImage(service: string, environment: string, image: string): Promise<void> {
    await this.move(service, environment, image, { action: 'use-image' });
  }

  /**
   * Works like {@link useImage}, for jamdev's own commands. @returns undefined if another deployment came after the
   * expected one
   */
  move(
    service: string,
    environment: string,
    image: string,
    change: Omit<ImageChange, 'actor'>,
  ): Promise<Moved | undefined> {
    return this.#services.useImage(service, environment, image, { ...change, actor: this.#actor });
  }

  async #find(id: string): Promise<BackendRow> {
    const row = await findBackend(this.#world.store, this.#account, id);
    if (row === undefined) throw backendErrors.backendNotFound(id);
    return row;
  }

  /**
   * Begins to terminate a backend, and records that at once: the drone reports it only later, and a connect in the
   * meantime must not get a backend that is about to end.
   */
  async #end({ id }: BackendRow, hard: boolean): Promise<void> {
    const { controller, store, clock } = this.#world;
    await controller.terminate(id, hard);
    const status = hard ? 'hard-terminating' : 'terminating';
    await addStatus(store, id, { status, time: clock.now(), reason: 'external' });
    await addAudit(store, { account: this.#account, actor: this.#actor, action: 'terminate', target: id });
  }
}

async function* texts(lines: AsyncIterable<TimedLine>): AsyncGenerator<string, void> {
  for await (const { text } of lines) yield text.toString('utf8');
}

function toView(row: BackendRow): BackendView {
  return {
    id: row.id,
    service: row.service,
    environment: row.environment,
    key: row.key,
    createdAt: row.createdAt,
    history: toHistory(row),
    imageDigest: row.digest ?? '',
    peakMemoryBytes: undefined,
  };
}

async function* nothing(): AsyncGenerator<never, void> {
  yield* [];
}
