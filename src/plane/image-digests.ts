import { registryErrors } from '../contract/errors/registry-errors.js';
import { hasDigest, parseImageReference } from '../contract/image-reference.js';
import { findDigest } from '../registry/distribution.js';
import type { OwnRegistry } from '../registry/own-registry.js';
import { publicRegistry } from '../registry/public-registry.js';
import { findResolved, noteResolved } from '../store/resolved-images.js';
import type { Store } from '../store/tables.js';

const DEFAULT_TAG = 'latest';

/**
 * Asks the registry of a reference for its digest, unless it has one.
 * @param own of the cluster; every other is asked as anyone may
 * @throws JamdevError `ImageNotFound`, `RegistryUnavailable`
 */
export async function resolveDigest(reference: string, own: OwnRegistry | undefined): Promise<string> {
  if (hasDigest(reference)) return reference;
  const { name, host, repository, tag = DEFAULT_TAG } = parseImageReference(reference);
  const digest = await (host === own?.host
    ? own.findDigest(repository, tag)
    : findDigest(publicRegistry(host), repository, tag));
  if (digest === undefined) {
    throw registryErrors.imageUnresolvable(reference, `${host} has no such image, or does not show it to everyone`);
  }
  return `${name}@${digest}`;
}

/** Turns tags into digests, so that a reference always means the same image. */
export class ImageDigests {
  readonly #store: Store;
  readonly #registry: OwnRegistry | undefined;

  /** @param registry of the cluster */
  constructor(store: Store, registry: OwnRegistry | undefined) {
    this.#store = store;
    this.#registry = registry;
  }

  /** As {@link resolveDigest} does. */
  resolve(reference: string): Promise<string> {
    return resolveDigest(reference, this.#registry);
  }

  /**
   * The reference of the config with the digest that it was last resolved to, by whichever `jamdev serve`.
   * @throws JamdevError `ImageNotFound`, `RegistryUnavailable`
   */
  async configured(reference: string): Promise<string> {
    if (hasDigest(reference)) return reference;
    const digest = await findResolved(this.#store, reference);
    return digest === undefined
      ? this.resolveConfigured(reference)
      : `${parseImageReference(reference).name}@${digest}`;
  }

  /**
   * Resolves a reference of the config, for all `jamdev serve`.
   * @throws JamdevError `ImageNotFound`, `RegistryUnavailable`
   */
  async resolveConfigured(reference: string): Promise<string> {
    const resolved = await this.resolve(reference);
    await noteResolved(this.#store, reference, resolved.slice(resolved.indexOf('@') + 1));
    return resolved;
  }
}
