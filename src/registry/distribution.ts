import { createHash } from 'node:crypto';
import { z } from 'zod';
import { registryErrors } from '../contract/errors/registry-errors.js';
import { isDigest } from '../contract/image-reference.js';
import { parseAnswer, type RegistryAnswer, send } from './registry-http.js';

const tagListSchema = z.object({ tags: z.array(z.string()).nullish() });

/** How to reach a registry and how to authorize requests to it. */
export interface RegistryAccess {
  /** Host name, for messages. */
  host: string;
  /** Without a trailing slash. */
  url: string;
  /**
   * Returns the `Authorization` header for reading from a repository.
   * @param challenge the registry's challenge to a request without the header; undefined before the first request
   */
  authorize: (repository: string, challenge: string | null | undefined) => Promise<string | undefined>;
}

/**
 * Resolves a tag or digest to the digest of its image, with the API of the OCI distribution specification.
 * @param name a tag or digest
 * @returns undefined if the registry has no such image, or hides it from this client
 * @throws JamdevError `RegistryUnavailable`
 */
export async function findDigest(
  registry: RegistryAccess,
  repository: string,
  name: string,
): Promise<string | undefined> {
  const path = `/v2/${repository}/manifests/${name}`;
  const head = await request(registry, repository, 'HEAD', path);
  if (isAbsent(head)) return undefined;
  const digest = head.headers.get('docker-content-digest') ?? '';
  if (head.ok && isDigest(digest)) return digest;
  // The digest header is optional, and some registries do not answer HEAD.
  const response = await request(registry, repository, 'GET', path);
  if (isAbsent(response)) return undefined;
  if (!response.ok) throw registryErrors.registryUnavailable(registry.host, `status ${response.status}`);
  return `sha256:${createHash('sha256').update(response.body).digest('hex')}`;
}

/**
 * Lists the tags of a repository.
 * @returns an empty list for a repository that was never pushed to
 * @throws JamdevError `RegistryUnavailable`
 */
export async function listTags(registry: RegistryAccess, repository: string): Promise<string[]> {
  const tags: string[] = [];
  let path: string | undefined = `/v2/${repository}/tags/list?n=1000`;
  while (path !== undefined) {
    const response = await request(registry, repository, 'GET', path);
    if (response.status === 404) return tags;
    if (!response.ok) throw registryErrors.registryUnavailable(registry.host, `status ${response.status}`);
    const page = tagListSchema.safeParse(parseAnswer(registry.host, response));
    if (!page.success) throw registryErrors.registryUnavailable(registry.host, 'its list of tags makes no sense');
    tags.push(...(page.data.tags ?? []));
    path = nextPage(response.headers.get('link'), registry.url);
  }
  return tags;
}

/** Checks that a registry accepts this client's authorization. @throws JamdevError `RegistryUnavailable` */
export async function checkRegistry(registry: RegistryAccess): Promise<void> {
  const response = await request(registry, '', 'GET', '/v2/');
  if (!response.ok) throw registryErrors.registryUnavailable(registry.host, `status ${response.status} for /v2/`);
}

/** Whether a registry says that something does not exist. Many answer "not allowed" to hide what exists. */
function isAbsent({ status }: RegistryAnswer): boolean {
  return status === 404 || status === 401 || status === 403;
}

/**
 * Returns the path of a list's next page. A page at another origin is not followed, since it would receive this registry's
 * token.
 */
function nextPage(link: string | null, url: string): string | undefined {
  const [, target] = /<([^>]+)>;\s*rel="?next"?/.exec(link ?? '') ?? [];
  if (target === undefined) return undefined;
  const next = new URL(target, url);
  return next.origin === new URL(url).origin ? next.pathname + next.search : undefined;
}

async function request(
  registry: RegistryAccess,
  repository: string,
  method: string,
  path: string,
): Promise<RegistryAnswer> {
  const { url, authorize } = registry;
  const known = await authorize(repository, undefined);
  const first = await send(registry.host, method, url + path, known);
  if (first.status !== 401 || known !== undefined) return first;
  const authorization = await authorize(repository, first.headers.get('www-authenticate'));
  if (authorization === undefined) return first;
  return send(registry.host, method, url + path, authorization);
}
