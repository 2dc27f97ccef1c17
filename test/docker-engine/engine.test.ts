import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { delimiter, join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { findEndpoint } from '../../src/docker-engine/endpoint.js';
import { connectEngine, Engine } from '../../src/docker-engine/engine.js';
import { fixture, makeTempFolder } from '../support/project.js';

const VERSION = { Version: '20.10.24', ApiVersion: '1.41', MinAPIVersion: '1.12', Os: 'linux', Arch: 'amd64' };

async function listen(server: Server, at: string | number): Promise<number> {
  await new Promise<void>((resolve) =>
    server.listen(typeof at === 'string' ? { path: at } : { port: at, host: '127.0.0.1' }, resolve),
  );
  onTestFinished(() => void server.close());
  return typeof at === 'string' ? 0 : (server.address() as AddressInfo).port;
}

/** An engine on its own socket that answers as it is told, and the URLs requested. */
async function makeEngine(
  answer: RequestListener,
  version: object = VERSION,
): Promise<{ engine: Engine; urls: string[] }> {
  const path = join(makeTempFolder(), 's');
  const urls: string[] = [];
  const server = createServer((request, response) => {
    urls.push(request.url ?? '');
    if (request.url?.startsWith('/version')) response.end(JSON.stringify(version));
    else answer(request, response);
  });
  await listen(server, path);
  const engine = new Engine({ url: `unix://${path}`, address: { path }, environment: {} });
  return { engine, urls };
}

/** Puts a `docker` on the PATH that prints a context or fails. */
function stubClient(output: object | string): void {
  const folder = makeTempFolder();
  const script =
    typeof output === 'string' ? `echo '${output}' >&2; exit 1` : `cat <<'END'\n${JSON.stringify(output)}\nEND`;
  writeFileSync(join(folder, 'docker'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'docker'), 0o755);
  vi.stubEnv('PATH', [folder, process.env.PATH].join(delimiter));
  onTestFinished(() => void vi.unstubAllEnvs());
}

const context = (Host: string, more: object = {}) => ({
  Name: 'prod',
  Endpoints: { docker: { Host, SkipTLSVerify: false } },
  TLSMaterial: {},
  Storage: { TLSPath: '<IN MEMORY>' },
  ...more,
});

describe('requests to the engine', () => {
  test.each([
    ['1.41', '1.12', '/v1.41'],
    ['1.44', '1.24', '/v1.44'],
    ['1.51', '1.44', '/v1.44'],
    ['1.60', '1.52', '/v1.52'],
    ['1.9', '1.9', '/v1.9'],
  ])('for an engine with API %s down to %s use %s', async (ApiVersion, MinAPIVersion, prefix) => {
    const { engine, urls } = await makeEngine((_, response) => response.end('{}'), {
      ...VERSION,
      ApiVersion,
      MinAPIVersion,
    });
    await engine.version();
    await engine.request('GET', '/info', { query: { a: 'b c' } });
    expect(urls.at(-1)).toBe(`${prefix}/info?a=b%20c`);
  });

  test('report its own message in an error', async () => {
    const { engine } = await makeEngine((_, response) =>
      response.writeHead(409).end('{"message":"Conflict. \\"a\\" is in use.\\nTry another."}'),
    );
    await expect(engine.request('POST', '/x')).rejects.toMatchObject({
      name: 'EngineError',
      status: 409,
      message: 'Conflict. "a" is in use.\nTry another',
    });
  });

  test.each<[string, RequestListener]>([
    [
      'half an answer',
      (_, response) => response.writeHead(200, { 'content-length': 99 }).write('{', () => response.destroy()),
    ],
    ['invalid JSON', (_, response) => response.end('hello')],
    ['the end of the connection', (request) => request.socket.destroy()],
  ])('treat %s as an engine that does not answer', async (_what, answer) => {
    const { engine } = await makeEngine(answer);
    await expect(engine.request('GET', '/x')).rejects.toMatchObject({ code: 'DockerStopped' });
  });

  test('give up when it hangs', async () => {
    const { engine } = await makeEngine(() => undefined);
    await expect(engine.request('GET', '/x', { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'DockerStopped',
      message: expect.stringContaining('no answer in time'),
    });
  });

  test('do not accept another HTTP server as an engine', async () => {
    const { engine } = await makeEngine(() => undefined, { hello: 'world' });
    await expect(engine.version()).rejects.toThrow('is not a Docker Engine');
  });

  test('name a missing socket', async () => {
    const engine = new Engine({ url: 'unix:///no/x.sock', address: { path: '/no/x.sock' }, environment: {} });
    await expect(engine.version()).rejects.toMatchObject({
      code: 'DockerStopped',
      message: 'The Docker Engine does not answer (unix:///no/x.sock).',
    });
  });
});

describe('the address of the engine', () => {
  test.each([
    ['unix:///var/run/docker.sock', { path: '/var/run/docker.sock' }],
    ['tcp://127.0.0.1:2375', { host: '127.0.0.1', port: 2375 }],
    ['tcp://localhost', { host: 'localhost', port: 2375 }],
    ['tcp://[::1]:4711', { host: '::1', port: 4711 }],
    ['tcp://0.0.0.0:2375', { host: '0.0.0.0', port: 2375 }],
    ['tcp://[::]:2375', { host: '::', port: 2375 }],
  ])('comes from a context with %s', async (url, address) => {
    vi.stubEnv('DOCKER_HOST', '');
    stubClient(context(url));
    const found = await findEndpoint();
    expect(found).toMatchObject({ url, address, environment: { DOCKER_CONTEXT: 'prod' } });
    expect(found.remote).toBeUndefined();
  });

  test.each([
    ['tcp://192.0.2.7:2376', undefined, '192.0.2.7', '192.0.2.7'],
    ['tcp://[2001:db8::7]:2376', undefined, '2001:db8::7', '2001:db8::7'],
    ['tcp://192.0.2.7:2376', '192.0.2.8', '192.0.2.8', '192.0.2.8'],
    ['tcp://192.0.2.7:2376', '[2001:db8::8]', '2001:db8::8', '2001:db8::8'],
    // Exists everywhere, and is reachable from the engine's machine.
    ['tcp://192.0.2.7:2376', '0.0.0.0', '0.0.0.0', '192.0.2.7'],
    ['tcp://192.0.2.7:2376', '::', '::', '192.0.2.7'],
    // The end of a tunnel that another program made.
    ['tcp://127.0.0.1:2376', '192.0.2.8', '192.0.2.8', '192.0.2.8'],
  ])('is on another machine: %s, with "remote.address" %s', async (url, remoteAddress, publishAt, reachAt) => {
    vi.stubEnv('DOCKER_HOST', url);
    stubClient(context(url));
    expect((await findEndpoint({ remoteAddress })).remote).toEqual({ publishAt, reachAt });
  });

  test('is on this machine if its socket is, whatever "remote.address" says', async () => {
    stubClient(context('unix:///var/run/docker.sock'));
    expect((await findEndpoint({ remoteAddress: '192.0.2.8' })).remote).toBeUndefined();
  });

  test('is an error if its host name is unknown', async () => {
    stubClient(context('tcp://no-such-host.invalid:2375'));
    await expect(findEndpoint()).rejects.toMatchObject({
      code: 'EngineUnreachable',
      message: expect.stringContaining('no-such-host.invalid'),
    });
  });

  test('is an error with the client’s message if the context does not exist', async () => {
    vi.stubEnv('DOCKER_HOST', '');
    stubClient('context "nope": context not found');
    await expect(findEndpoint()).rejects.toMatchObject({
      code: 'DockerStopped',
      message: expect.stringContaining('"nope"'),
    });
  });

  test('is DOCKER_HOST with Podman’s docker command, which has no contexts', async () => {
    vi.stubEnv('DOCKER_HOST', 'unix:///run/podman/podman.sock');
    stubClient('Error: unrecognized command `podman context`');
    expect(await findEndpoint()).toMatchObject({ address: { path: '/run/podman/podman.sock' } });
  });

  test('is an error without a docker client', async () => {
    vi.stubEnv('PATH', '/nonexistent');
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(findEndpoint()).rejects.toMatchObject({ code: 'DockerMissing' });
  });

  test('with TLS uses the client certificate and checks the engine’s', async () => {
    const pem = readFileSync(fixture('self-signed.pem'));
    const certs = makeTempFolder();
    for (const name of ['ca.pem', 'cert.pem', 'key.pem']) copyFileSync(fixture('self-signed.pem'), join(certs, name));
    let shown = '';
    const options = { key: pem, cert: pem, ca: pem, requestCert: true, rejectUnauthorized: true };
    const server = createTlsServer(options, (request, response) => {
      shown = (request.socket as TLSSocket).getPeerCertificate().fingerprint;
      response.end(JSON.stringify(VERSION));
    });
    const port = await listen(server, 0);
    const TLSMaterial = { docker: ['ca.pem', 'cert.pem', 'key.pem'] };
    vi.stubEnv('DOCKER_HOST', `tcp://localhost:${port}`);
    vi.stubEnv('DOCKER_CERT_PATH', certs);
    stubClient(context(`tcp://localhost:${port}`, { TLSMaterial }));
    await connectEngine();
    expect(shown).not.toBe('');
    stubClient(context(`tcp://localhost:${port}`, {}));
    await expect(connectEngine()).rejects.toMatchObject({ code: 'DockerStopped' });
  });
});
