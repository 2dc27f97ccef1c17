import type { Engine } from '../docker-engine/engine.js';
import { ignoreError } from '../os/debug/debug-log.js';

/** An image in the local engine that a person tagged. */
export interface LocalImage {
  repository: string;
  tag: string;
  /** The image's id. */
  digest: string;
  since: Date;
}

/** Repository names that the engine allows. */
const REPOSITORY = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/;
/** A reference to any image: `repository:tag`, `repository@digest`, or an id. */
const REFERENCE = /^(?!.*\.\.)[\w][\w.\-/]*(?::\d+\/[\w.\-/]+)?(?::[\w][\w.-]*)?(?:@?sha256:[0-9a-f]{64})?$/;

/**
 * Finds the images in the local engine that are meant for a service: images tagged `SERVICE:TAG` by hand, and images that
 * `jamsocket push` has tagged for jamdev's own address.
 * @param named also includes an image with another name if this is its full reference: `repository:tag` or an id
 */
export async function findLocalImages(engine: Engine, service: string, named?: string): Promise<LocalImage[]> {
  const [tagged, other] = await Promise.all([
    listTagged(engine, service),
    named === undefined ? [] : findByReference(engine, named),
  ]);
  return [...tagged, ...other];
}

async function listTagged(engine: Engine, service: string): Promise<LocalImage[]> {
  if (!REPOSITORY.test(service)) return [];
  const patterns = [service, `localhost:*/*/${service}`];
  const filters = JSON.stringify({ reference: patterns });
  const images = await engine
    .request<Listed[]>('GET', '/images/json', { query: { filters } })
    .catch(ignoreError('docker', 'listing images', []));
  return images.flatMap(({ Id, RepoTags, Created }) =>
    (RepoTags ?? []).flatMap((name) => {
      const [, repository = '', tag = ''] = /^(.*):([^:/]+)$/.exec(name) ?? [];
      // An image may also have names that belong to others.
      const isNamedSo = repository === service || /^localhost:\d+\/[^/]+\//.test(repository);
      if (!isNamedSo || !(repository === service || repository.endsWith(`/${service}`))) return [];
      return [{ repository, tag, digest: Id, since: new Date(Created * 1_000) }];
    }),
  );
}

async function findByReference(engine: Engine, reference: string): Promise<LocalImage[]> {
  // A plain word is a tag of the service itself, not the name of some other image.
  if (!/[:/]/.test(reference) || !REFERENCE.test(reference)) return [];
  const request = engine.request<{ Id: string; Created: string }>('GET', `/images/${reference}/json`);
  return request.then(
    ({ Id, Created }) => [{ repository: reference, tag: reference, digest: Id, since: new Date(Created) }],
    ignoreError('docker', 'looking for an image', []),
  );
}

/** An image as listed by the engine. */
interface Listed {
  Id: string;
  RepoTags: string[] | null;
  /** Seconds since 1970. */
  Created: number;
}
