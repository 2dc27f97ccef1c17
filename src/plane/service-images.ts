import { clusterErrors } from '../contract/errors/cluster-errors.js';
import { registryErrors } from '../contract/errors/registry-errors.js';
import { isDigest, isImageReference } from '../contract/image-reference.js';
import { DEFAULT_ENVIRONMENT, NEWEST_TAG, type ServiceImage } from '../platform/services.js';
import type { OwnRegistry } from '../registry/own-registry.js';
import { findEnvironment } from '../store/environments.js';
import type { RepositoryName } from '../store/push-grants.js';
import type { Store } from '../store/tables.js';
import type { ClusterImage, ClusterSettings } from './cluster-settings.js';
import type { ImageDigests } from './image-digests.js';
import type { PushedImages } from './pushed-images.js';

/** The registry of the cluster, and the images that were pushed to it. */
export interface ClusterRegistry {
  registry: OwnRegistry;
  pushed: PushedImages;
}

/** The dependencies of {@link ServiceImages}. */
export interface ServiceImagesWorld {
  store: Store;
  settings: ClusterSettings;
  digests: ImageDigests;
  /** Undefined if the cluster has no registry of its own. */
  own: ClusterRegistry | undefined;
}

/** The images of a service's environments. The service itself must have been looked up before. */
export class ServiceImages {
  readonly #world: ServiceImagesWorld;
  readonly #name: RepositoryName;

  constructor(world: ServiceImagesWorld, name: RepositoryName) {
    this.#world = world;
    this.#name = name;
  }

  /** Lists the pushed images, newest first. */
  async list(): Promise<ServiceImage[]> {
    const { own } = this.#world;
    if (own === undefined) return [];
    const repository = `${own.registry.host}/${this.#repository}`;
    const rows = await own.pushed.list(this.#name);
    return rows.map(({ digest, tag, pushedAt }) => ({ repository, digest, tag, since: pushedAt }));
  }

  /**
   * Returns the image to store when an environment is pinned, so that it always means the same image.
   * @param wanted the tag or digest of a pushed image, or a full reference; `latest` for the newest push
   * @returns null for the newest push
   * @throws JamdevError `ImageNotFound`, `RegistryUnavailable`
   */
  async toPin(wanted: string): Promise<string | null> {
    return wanted === NEWEST_TAG ? null : this.#pin(wanted);
  }

  /**
   * Returns the image for a new backend of an environment: the pinned one, otherwise the newest push, otherwise the
   * image in the config.
   * @param tag the tag or digest of a pushed image, which takes precedence
   * @throws JamdevError `ImageNotFound`, `RegistryUnavailable`
   */
  async toRun(environment: string, tag: string | undefined): Promise<ClusterImage> {
    const { settings } = this.#world;
    const { service } = this.#name;
    const image = await this.#find(environment, tag);
    return {
      image,
      pullPolicy: this.#pullPolicy,
      credentials: await this.#credentials(image),
      sessions: settings.services.get(service)?.sessions ?? NO_SESSION_SETTINGS,
    };
  }

  async #find(environment: string, tag: string | undefined): Promise<string> {
    const pinned = (await findEnvironment(this.#world.store, { ...this.#name, environment }))?.image ?? undefined;
    const configured = environment === DEFAULT_ENVIRONMENT ? this.#configured : undefined;
    if (tag !== undefined && tag !== NEWEST_TAG) {
      const named = (await this.#pushed(tag)) ?? [pinned, configured].find((each) => each === tag);
      if (named === undefined) throw await this.#notPushed(tag);
      return this.#expand(named);
    }
    if (tag === undefined && pinned !== undefined) return this.#expand(pinned);
    const image = (tag && (await this.#pushed(tag))) ?? (await this.#pushed(undefined)) ?? pinned ?? configured;
    if (image === undefined) throw clusterErrors.serviceWithoutImage(this.#name.service, environment);
    return this.#expand(image);
  }

  /** Finds the digest of a pushed image. @param name a tag or digest; undefined for the newest push */
  async #pushed(name: string | undefined): Promise<string | undefined> {
    const { own } = this.#world;
    if (own === undefined || (name !== undefined && !isTagOrDigest(name))) return undefined;
    const found = await own.pushed.newest(this.#name, name);
    // An image that was pushed without a tag is known only to the registry.
    return (
      found?.digest ??
      (name !== undefined && isDigest(name) ? own.registry.findDigest(this.#repository, name) : undefined)
    );
  }

  /** Returns the reference for a drone. @param image a digest in this service's repository, or a reference */
  async #expand(image: string): Promise<string> {
    const { own, digests } = this.#world;
    const { account, service } = this.#name;
    // A digest in the config is an image id, for images that the drones already have.
    if (isDigest(image) && image !== this.#configured) {
      if (own === undefined) throw registryErrors.registryMissing();
      return own.registry.reference(account, service, image);
    }
    // The image may have been pinned while the cluster had no registry, or another one. The operator's config needs no
    // check.
    if (image !== this.#configured) this.#checkOwner(image);
    return this.#pullPolicy === 'Never' ? image : digests.configured(image);
  }

  async #pin(wanted: string): Promise<string> {
    const { own, digests } = this.#world;
    if (isTagOrDigest(wanted)) {
      const digest = await this.#pushed(wanted);
      if (digest !== undefined) return digest;
      // Without a registry, "app" may be an image that the drones already have.
      if (this.#pullPolicy !== 'Never')
        throw own === undefined ? registryErrors.registryMissing() : await this.#notPushed(wanted);
    }
    if (!isImageReference(wanted)) throw clusterErrors.notAReference(wanted);
    this.#checkOwner(wanted);
    return this.#pullPolicy === 'Never' ? wanted : digests.resolve(wanted);
  }

  /**
   * Refuses images of other accounts: a drone may already have such an image, and would start it without asking the
   * registry.
   */
  #checkOwner(reference: string): void {
    const { account } = this.#name;
    const repository = this.#world.own?.registry.repositoryOf(reference);
    if (repository === undefined || repository.startsWith(`${account}/`)) return;
    throw registryErrors.imageOfOtherAccount(reference, account);
  }

  async #notPushed(wanted: string): Promise<Error> {
    const { service } = this.#name;
    if (this.#world.own === undefined) return clusterErrors.tagUnknown(service, wanted);
    const tags = (await this.#world.own.pushed.list(this.#name)).map(({ tag }) => tag);
    return registryErrors.imageNotPushed(service, wanted, [...new Set(tags)]);
  }

  async #credentials(image: string): Promise<ClusterImage['credentials']> {
    const registry = this.#world.own?.registry;
    const repository = registry?.repositoryOf(image);
    if (registry === undefined || repository === undefined || this.#pullPolicy === 'Never') return undefined;
    return registry.pullCredential(repository);
  }

  get #repository(): string {
    return `${this.#name.account}/${this.#name.service}`;
  }

  get #pullPolicy(): ClusterImage['pullPolicy'] {
    return this.#world.settings.services.get(this.#name.service)?.pullPolicy ?? 'IfNotPresent';
  }

  get #configured(): string | undefined {
    return this.#world.settings.services.get(this.#name.service)?.image;
  }
}

const NO_SESSION_SETTINGS = { useStaticToken: false, maxIdleSeconds: undefined, lifetimeLimitSeconds: undefined };

/** Whether a text is a valid tag or digest. Nothing else may get into a request to the registry or a query. */
function isTagOrDigest(text: string): boolean {
  return isDigest(text) || /^\w[\w.-]{0,127}$/.test(text);
}
