import { z } from 'zod';
import { registryErrors } from '../contract/errors/registry-errors.js';
import { isLoopbackName } from '../contract/hosts.js';
import { parseChallenge } from './bearer-challenge.js';
import type { RegistryAccess } from './distribution.js';
import { parseAnswer, send } from './registry-http.js';

/** Docker Hub's API has a different host than the names of its images. */
const DOCKER_HUB = 'https://registry-1.docker.io';

const tokenSchema = z.object({ token: z.string().optional(), access_token: z.string().optional() });

/**
 * Accesses a registry anonymously, to read images only.
 * @param host the host in image references; one on this machine is reached without TLS, as Docker does
 */
export function publicRegistry(host: string): RegistryAccess {
  const isLocal = isLoopbackName(new URL(`http://${host}`).hostname);
  const url = host === 'docker.io' ? DOCKER_HUB : `${isLocal ? 'http' : 'https'}://${host}`;
  return { host, url, authorize: (repository, challenge) => fetchToken({ host, isLocal }, repository, challenge) };
}

/** Fetches a token for anonymous access. */
async function fetchToken(
  { host, isLocal }: { host: string; isLocal: boolean },
  repository: string,
  header: string | null | undefined,
): Promise<string | undefined> {
  const challenge = header === undefined ? undefined : parseChallenge(header);
  if (challenge === undefined) return undefined;
  const { realm, service, scope } = challenge;
  // Otherwise a registry could make jamdev send requests to programs in this network and learn their responses.
  if (realm.protocol !== 'https:' && !(isLocal && isLoopbackName(realm.hostname))) return undefined;
  if (service !== undefined) realm.searchParams.set('service', service);
  realm.searchParams.set('scope', scope ?? `repository:${repository}:pull`);
  const response = await send(host, 'GET', realm, undefined);
  if (!response.ok) return undefined;
  const answer = tokenSchema.safeParse(parseAnswer(host, response));
  const token = answer.data?.token ?? answer.data?.access_token;
  if (token === undefined) throw registryErrors.registryUnavailable(host, 'its token service answered without a token');
  return `Bearer ${token}`;
}
