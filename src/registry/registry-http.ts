import { registryErrors } from '../contract/errors/registry-errors.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { errorCode } from '../os/error-code.js';

/** All manifest types of an image: single-platform and multi-platform, in Docker's and OCI's format. */
const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');
const ANSWER_TIMEOUT_MS = 10_000;
/** The distribution specification limits manifests to this size, and registries accept no larger ones. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const MAX_REDIRECTS = 5;

/** A complete response of a registry or its token service. */
export interface RegistryAnswer {
  status: number;
  ok: boolean;
  headers: Headers;
  body: Buffer;
}

/**
 * Sends a request to a registry or its token service. A redirect is followed only within the same origin or to `https`, so
 * that a foreign registry can't send requests to programs in this network. The authorization is never sent to another
 * origin.
 * @param host for messages
 * @throws JamdevError `RegistryUnavailable`
 */
export async function send(
  host: string,
  method: string,
  url: string | URL,
  authorization: string | undefined,
): Promise<RegistryAnswer> {
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const first = new URL(url);
  let target = first;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const response = await attempt(host, () => {
      const isOwn = authorization !== undefined && target.origin === first.origin;
      const headers = { accept: MANIFEST_TYPES, ...(isOwn && { authorization }) };
      return fetch(target, { method, headers, signal, redirect: 'manual' });
    });
    const { status, ok, headers, body } = response;
    const location = headers.get('location');
    if (status < 300 || status >= 400 || location === null) {
      return { status, ok, headers, body: await readBody(host, body) };
    }
    await attempt(host, async () => body?.cancel());
    target = redirected(host, target, location);
  }
  throw registryErrors.registryUnavailable(host, 'it redirects again and again');
}

/** Parses a response as JSON. @throws JamdevError `RegistryUnavailable` */
export function parseAnswer(host: string, { body }: RegistryAnswer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    noteHandled('registry', 'reading an answer as JSON', error);
    throw registryErrors.registryUnavailable(host, 'its answer is not JSON');
  }
}

function redirected(host: string, from: URL, location: string): URL {
  const next = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  if (next !== undefined && (next.protocol === 'https:' || next.origin === from.origin)) return next;
  throw registryErrors.registryUnavailable(host, 'it redirects to another server without TLS');
}

async function readBody(host: string, body: Response['body']): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const read = async () => {
    for await (const chunk of body ?? []) {
      bytes += chunk.length;
      // Returning from the loop cancels the response.
      if (bytes > MAX_ANSWER_BYTES) return;
      chunks.push(chunk);
    }
  };
  await attempt(host, read);
  if (bytes > MAX_ANSWER_BYTES) throw registryErrors.registryUnavailable(host, 'its answer is too long');
  return Buffer.concat(chunks);
}

async function attempt<T>(host: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const { name, cause } = error as { name?: unknown; cause?: unknown };
    const detail =
      name === 'TimeoutError' ? `no answer within ${ANSWER_TIMEOUT_MS / 1000} s` : errorCode(cause ?? error);
    throw registryErrors.registryUnavailable(host, detail);
  }
}
