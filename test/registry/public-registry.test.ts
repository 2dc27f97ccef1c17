import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { findDigest } from '../../src/registry/distribution.js';
import { publicRegistry } from '../../src/registry/public-registry.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** @returns its port */
async function serve(answer: RequestListener, host = '127.0.0.1'): Promise<number> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A program that must not get requests. */
async function serveBystander() {
  const requests: string[] = [];
  const port = await serve(({ url }, response) => {
    requests.push(url ?? '');
    response.end(JSON.stringify({ token: 'secret' }));
  }, '0.0.0.0');
  return { requests, port };
}

describe('a registry that anyone may name', () => {
  it.each(['HEAD', 'GET'])('cannot redirect a %s to another program', async (method) => {
    const { requests, port } = await serveBystander();
    const registry = await serve((request, response) => {
      if (request.method !== method) return response.writeHead(405).end();
      return response.writeHead(307, { location: `http://127.0.0.1:${port}/ctrl/status` }).end();
    });
    await expect(findDigest(publicRegistry(`127.0.0.1:${registry}`), 'a/b', 'v1')).rejects.toMatchObject({
      code: 'RegistryUnavailable',
    });
    expect(requests).toEqual([]);
  });

  it('cannot have a token fetched without TLS from another machine', async () => {
    const { requests, port } = await serveBystander();
    const authorizations: (string | undefined)[] = [];
    const registry = await serve(({ headers }, response) => {
      authorizations.push(headers.authorization);
      response.writeHead(401, { 'www-authenticate': `Bearer realm="http://0.0.0.0:${port}/meta"` }).end();
    });
    expect(await findDigest(publicRegistry(`127.0.0.1:${registry}`), 'a/b', 'v1')).toBeUndefined();
    expect({ requests, authorizations: new Set(authorizations) }).toEqual({
      requests: [],
      authorizations: new Set([undefined]),
    });
  });

  it('can redirect within itself', async () => {
    const registry = await serve((request, response) => {
      if (request.url === '/v2/a/b/manifests/v1') return response.writeHead(301, { location: '/elsewhere' }).end();
      return response.writeHead(200, { 'docker-content-digest': DIGEST }).end();
    });
    expect(await findDigest(publicRegistry(`127.0.0.1:${registry}`), 'a/b', 'v1')).toBe(DIGEST);
  });

  it.each<[string, RequestListener]>([
    ['redirects in a circle', ({ url }, response) => response.writeHead(302, { location: url }).end()],
    [
      'sends an endless answer',
      ({ method }, response) => {
        if (method === 'HEAD') return response.end();
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        };
        response.on('drain', more);
        return more();
      },
    ],
    [
      'breaks off its answer',
      ({ method }, response) => {
        if (method === 'HEAD') return response.end();
        response.writeHead(200, { 'content-length': 100 }).write('{');
        return setImmediate(() => response.destroy());
      },
    ],
    [
      'has a token service that answers with a page',
      ({ url, headers }, response) =>
        url?.startsWith('/token')
          ? response.end('<html>')
          : response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${headers.host}/token"` }).end(),
    ],
  ])('is reported as unavailable when it %s', async (_what, answer) => {
    const registry = await serve(answer);
    await expect(findDigest(publicRegistry(`127.0.0.1:${registry}`), 'a/b', 'v1')).rejects.toMatchObject({
      code: 'RegistryUnavailable',
    });
  });
});
