import { clusterErrors } from '../contract/errors/cluster-errors.js';
import { serviceErrors } from '../contract/errors/service-errors.js';
import { hasDigest, isImageReference } from '../contract/image-reference.js';
import type { ServiceView } from '../platform/control-plane.js';
import { DEFAULT_ENVIRONMENT, NEWEST_TAG, type ServiceImage } from '../platform/services.js';
import { findEnvironment, listEnvironments, pinImage } from '../store/environments.js';
import { createService, deleteService, findConfigured, findService, listServices } from '../store/services.js';
import type { Store } from '../store/tables.js';
import type { ClusterImage, ClusterSettings } from './cluster-settings.js';

/** A DNS label that starts with a letter: it stands in namespaces of keys, and in image names. */
const SERVICE_NAME = /^[a-z][a-z0-9-]{0,62}$/;
/** By which the official libraries' dev mode calls the service. */
const DEFAULT_ALIAS = '-';

/** The services of one account: those of the config, which every account has, and those that it made. */
export class ServiceCatalog {
  readonly #store: Store;
  readonly #settings: ClusterSettings;
  readonly #account: string;

  constructor(store: Store, settings: ClusterSettings, account: string) {
    this.#store = store;
    this.#settings = settings;
    this.#account = account;
  }

  async list(): Promise<string[]> {
    const own = await listServices(this.#store, this.#account);
    return [...new Set([...this.#settings.services.keys(), ...own.map(({ service }) => service)])];
  }

  /**
   * The name of a service that a request names.
   * @throws JamdevError `ServiceNotFound`
   */
  async find(asked: string): Promise<string> {
    const service = asked === DEFAULT_ALIAS ? this.#settings.defaultService : asked;
    if (this.#settings.services.has(service)) return service;
    if ((await findService(this.#store, this.#account, service)) !== undefined) return service;
    throw serviceErrors.serviceNotFound(service, await this.list());
  }

  /** Whether a service is one that the account created, and not of the config. */
  isOwn(service: string): boolean {
    return !this.#settings.services.has(service);
  }

  /** @throws JamdevError `ServiceNotFound` */
  async view(asked: string): Promise<ServiceView> {
    const service = await this.find(asked);
    const row = await (this.isOwn(service) ? findService : findConfigured)(this.#store, this.#account, service);
    // It was deleted since.
    if (row === undefined) throw serviceErrors.serviceNotFound(service, await this.list());
    const environments = await listEnvironments(this.#store, this.#account, service);
    const { createdAt } = row;
    const known = new Map(environments.map((each) => [each.environment, each]));
    return {
      name: service,
      createdAt,
      lastSpawnedAt: row.lastSpawnedAt ?? undefined,
      environments: [...new Set([DEFAULT_ENVIRONMENT, ...known.keys()])].map((name) => ({
        name,
        createdAt,
        imageTag: known.get(name)?.image ?? this.#configured(service, name)?.image ?? NEWEST_TAG,
        lastSpawnedAt: undefined,
      })),
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

  /** Images that were pushed: there is no registry to push to. @throws JamdevError `ServiceNotFound` */
  async images(asked: string): Promise<ServiceImage[]> {
    await this.find(asked);
    return [];
  }

  /**
   * @param reference a full reference with a digest
   * @throws JamdevError `ServiceNotFound`, `ImageNotFound`, `InvalidRequest`
   */
  async useImage(asked: string, environment: string, reference: string, actor: string): Promise<void> {
    const service = await this.find(asked);
    if (!isImageReference(reference)) throw clusterErrors.notAReference(reference);
    if (!hasDigest(reference) && this.#pullPolicy(service) !== 'Never') throw clusterErrors.digestMissing(reference);
    const change = { account: this.#account, service, environment, image: reference, actor };
    if (await pinImage(this.#store, { ...change, ofOwnService: this.isOwn(service) })) return;
    throw serviceErrors.serviceNotFound(service, await this.list());
  }

  /**
   * What a new backend is to run.
   * @throws JamdevError `ImageNotFound`
   */
  async imageFor(service: string, environment: string, tag: string | undefined): Promise<ClusterImage> {
    const slot = { account: this.#account, service, environment };
    const pinned = (await findEnvironment(this.#store, slot))?.image ?? this.#configured(service, environment)?.image;
    if (tag !== undefined && tag !== pinned) throw clusterErrors.tagUnknown(service, tag);
    if (pinned === undefined) throw clusterErrors.serviceWithoutImage(service, environment);
    return {
      image: pinned,
      pullPolicy: this.#pullPolicy(service),
      sessions: this.#settings.services.get(service)?.sessions ?? NO_SESSION_SETTINGS,
    };
  }

  #pullPolicy(service: string): ClusterImage['pullPolicy'] {
    return this.#settings.services.get(service)?.pullPolicy ?? 'IfNotPresent';
  }

  #configured(service: string, environment: string): { image: string | undefined } | undefined {
    return environment === DEFAULT_ENVIRONMENT ? this.#settings.services.get(service) : undefined;
  }
}

const NO_SESSION_SETTINGS = { useStaticToken: false, maxIdleSeconds: undefined, lifetimeLimitSeconds: undefined };
