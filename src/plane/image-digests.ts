import { registryErrors } from '../contract/errors/registry-errors.js';
import { hasDigest, parseImageReference } from '../contract/image-reference.js';
import { findDigest } from '../registry/distribution.js';
import type { OwnRegistry } from '../registry/own-registry.js';
import { publicRegistry } from '../registry/public-registry.js';
import { findResolved, noteResolved } from '../store/resolved-images.js';
import type { Store } from '../store/tables.js';

const DEFAULT_TAG = 'latest';

/**
 * Resolves a reference to its digest by asking its registry, unless it already has one.
 * @param own the cluster's registry; all others are queried anonymously
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

  /** @param registry the cluster's registry */
  constructor(store: Store, registry: OwnRegistry | undefined) {
    this.#store = store;
    this.#registry = registry;
  }

  /** Works like {@link resolveDigest}. */
  resolve(reference: string): Promise<string> {
    return resolveDigest(reference, this.#registry);
  }

  /**
   * Returns a reference from the config with the digest that any `jamdev serve` last resolved it to.
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
   * Resolves a reference from the config and stores the digest for all `jamdev serve` processes.
   * @throws JamdevError `ImageNotFound`, `RegistryUnavailable`
   */
  async resolveConfigured(reference: string): Promise<string> {
    const resolved = await this.resolve(reference);
    await noteResolved(this.#store, reference, resolved.slice(resolved.indexOf('@') + 1));
    return resolved;
  }
}
