import { serviceErrors } from '../contract/errors/service-errors.js';
import type { BatchedLookups } from '../os/batched-lookups.js';
import type { ServiceView } from '../platform/control-plane.js';
import { DEFAULT_ENVIRONMENT, type Environment, NEWEST_TAG } from '../platform/services.js';
import { type EnvironmentMove, type Moved, moveEnvironment } from '../store/deployments.js';
import { listEnvironments, listUsedEnvironments } from '../store/environments.js';
import {
  createService,
  deleteService,
  findConfigured,
  findService,
  listServices,
  type ServiceName,
} from '../store/services.js';
import type { Store } from '../store/tables.js';
import type { ClusterSettings } from './cluster-settings.js';
import { ServiceImages, type ServiceImagesWorld } from './service-images.js';

/** A DNS label that starts with a letter, because it is used in key namespaces and image names. */
const SERVICE_NAME = /^[a-z][a-z0-9-]{0,62}$/;
/** The name that the official libraries' dev mode uses for the service. */
const DEFAULT_ALIAS = '-';

/** The reason for and sender of a change to an environment's image. */
export type ImageChange = Pick<EnvironmentMove, 'action' | 'actor' | 'origin' | 'after'>;

/** The dependencies of a {@link ServiceCatalog}. */
export interface ServiceCatalogWorld extends ServiceImagesWorld {
  /** Looks up whether accounts created services. */
  created: BatchedLookups<ServiceName, boolean>;
}

/** The services of one account: those in the config, which every account has, and those that the account created. */
export class ServiceCatalog {
  readonly #store: Store;
  readonly #settings: ClusterSettings;
  readonly #world: ServiceCatalogWorld;
  readonly #account: string;

  constructor(world: ServiceCatalogWorld, account: string) {
    this.#store = world.store;
    this.#settings = world.settings;
    this.#world = world;
    this.#account = account;
  }

  async list(): Promise<string[]> {
    const own = await listServices(this.#store, this.#account);
    return [...new Set([...this.#settings.services.keys(), ...own.map(({ service }) => service)])];
  }

  /**
   * Resolves the service name in a request.
   * @throws JamdevError `ServiceNotFound`
   */
  async find(asked: string): Promise<string> {
    const service = asked === DEFAULT_ALIAS ? this.#settings.defaultService : asked;
    if (this.#settings.services.has(service)) return service;
    if (await this.#world.created.find({ account: this.#account, service })) return service;
    throw serviceErrors.serviceNotFound(service, await this.list());
  }

  /** Whether the account created the service, as opposed to the config. */
  isOwn(service: string): boolean {
    return !this.#settings.services.has(service);
  }

  /** @throws JamdevError `ServiceNotFound` */
  async view(asked: string): Promise<ServiceView> {
    const service = await this.find(asked);
    const row = await (this.isOwn(service) ? findService : findConfigured)(this.#store, this.#account, service);
    // The service was deleted in the meantime.
    if (row === undefined) throw serviceErrors.serviceNotFound(service, await this.list());
    const { createdAt, lastSpawnedAt } = row;
    return {
      name: service,
      createdAt,
      lastSpawnedAt: lastSpawnedAt ?? undefined,
      environments: await this.#environments(service, createdAt),
    };
  }

  /** @throws JamdevError `InvalidRequest`, `ServiceExists` */
  async create(service: string, actor: string): Promise<void> {
    if (!SERVICE_NAME.test(service)) throw serviceErrors.serviceNameUnusable(service);
    const isNew =
      !this.#settings.services.has(service) &&
      (await createService(this.#store, { account: this.#account, service, actor }));
    if (!isNew) throw serviceErrors.serviceExists(service);
  }

  /** @throws JamdevError `ServiceNotFound`, `ServiceConfigured`, `ServiceInUse` */
  async delete(asked: string, actor: string): Promise<void> {
    const service = await this.find(asked);
    if (this.#settings.services.has(service)) throw serviceErrors.serviceConfigured(service);
    const result = await deleteService(this.#store, { account: this.#account, service, actor });
    if (result === 'missing') throw serviceErrors.serviceNotFound(service, await this.list());
    if (result !== 'deleted') throw serviceErrors.serviceInUse(service, result.running);
  }

  /** Returns the images of a service's environments. @throws JamdevError `ServiceNotFound` */
  async images(asked: string): Promise<ServiceImages> {
    return new ServiceImages(this.#world, { account: this.#account, service: await this.find(asked) });
  }

  /**
   * Selects the image of an environment.
   * @param wanted the tag or digest of a pushed image, or a full reference; `latest` for the newest push
   * @returns undefined if another deployment came after the expected one
   * @throws JamdevError `ServiceNotFound`, `ImageNotFound`, `RegistryUnavailable`
   */
  async useImage(asked: string, environment: string, wanted: string, change: ImageChange): Promise<Moved | undefined> {
    const service = await this.find(asked);
    const image = await (await this.images(service)).toPin(wanted);
    const move = { account: this.#account, service, environment, image, ...change, ofOwnService: this.isOwn(service) };
    const moved = await moveEnvironment(this.#store, move);
    if (moved === 'deleted') throw serviceErrors.serviceNotFound(service, await this.list());
    return moved;
  }

  /**
   * Lists the default environment, then those that were set or used, oldest first. @param since when the service was
   * created
   */
  async #environments(service: string, since: Date): Promise<ServiceView['environments']> {
    const [set, used] = await Promise.all([
      listEnvironments(this.#store, this.#account, service),
      listUsedEnvironments(this.#store, { account: this.#account, service, ofOwnService: this.isOwn(service) }),
    ]);
    const settings = new Map(set.map((each) => [each.environment, each]));
    const uses = new Map(used.map((each) => [each.environment, each]));
    const toEnvironment = (name: string): Environment => {
      const [setting, use] = [settings.get(name), uses.get(name)];
      const times = [setting?.firstSetAt, use?.firstSpawnedAt].flatMap((time) => time?.getTime() ?? []);
      return {
        name,
        createdAt: name === DEFAULT_ENVIRONMENT || times.length === 0 ? since : new Date(Math.min(...times)),
        imageTag: setting?.image ?? this.#configured(service, name)?.image ?? NEWEST_TAG,
        lastSpawnedAt: use?.lastSpawnedAt,
      };
    };
    const others = [...new Set([...settings.keys(), ...uses.keys()])].filter((name) => name !== DEFAULT_ENVIRONMENT);
    return [
      toEnvironment(DEFAULT_ENVIRONMENT),
      ...others.map(toEnvironment).toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime()),
    ];
  }

  #configured(service: string, environment: string): { image: string | undefined } | undefined {
    return environment === DEFAULT_ENVIRONMENT ? this.#settings.services.get(service) : undefined;
  }
}
