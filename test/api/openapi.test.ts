import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import { DescribedApi, describedPath, makeApi } from '../support/described-api.js';
import { startServer, untilStatus } from '../support/dev-server.js';
import { openStream, post, send } from '../support/http.js';
import { waitFor } from '../support/wait.js';

const STREAMS = [
  '/backend/ID/status/stream',
  '/v2/backend/ID/status/stream',
  '/v2/backend/ID/logs/stream',
  '/v2/backend/ID/metrics/stream',
];

interface Layer {
  name: string;
  handle: { stack?: unknown };
  route?: { path: string; stack: { method?: string }[] };
}

describe('HTTP API: its description', () => {
  test('the routes of Express and the described paths are the same', async () => {
    const server = await startServer();
    const { description } = await DescribedApi.of(server);
    const layers = (makeApi(server).router as unknown as { stack: Layer[] }).stack;
    const routes = layers.flatMap(({ route }) => {
      const methods = new Set((route?.stack ?? []).flatMap(({ method }) => method ?? []));
      return [...methods].map((method) => `${method} ${describedPath(route?.path ?? '')}`);
    });
    const described = Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(routes.toSorted()).toEqual(described.toSorted());
    expect(new Set(routes).size).toBe(routes.length);
    expect(routes.length).toBeGreaterThan(15);
    // Other layers are only the guard and the handlers for requests that match no route.
    const others = layers.filter(({ route }) => route === undefined);
    expect(others).toHaveLength(5);
    expect(others.filter(({ handle }) => handle.stack !== undefined)).toEqual([]);
  });

  test('the description is valid OpenAPI 3.1', async () => {
    const server = await startServer();
    const answer = await send(`${server.apiUrl}/openapi.json`);
    expect(answer.headers['content-type']).toBe('application/json');
    const validator = new Validator();
    const { valid, errors } = await validator.validate(answer.json());
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
    expect(validator.version).toBe('3.1');
    // Throws when a reference points nowhere.
    validator.resolveRefs();
    expect(answer.json()).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'jamdev', version: server.info.version },
      servers: [{ url: server.apiUrl }],
    });
  });

  test('the description has everything that a client needs for each operation', async () => {
    const server = await startServer();
    const { description, endpoints } = await DescribedApi.of(server);
    const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, method, operation } of operations) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      expect(operation.parameters.filter((each) => each.in === 'path').map(({ name }) => name)).toEqual(named);
      for (const { name, description } of operation.parameters) expect(description, `${path}: ${name}`).toMatch(/\w/);
      expect(operation.summary, path).toMatch(/^[A-Z].*[^.]$/);
      expect(operation.tags, path).toEqual([/^\/(_jamdev|openapi)/.test(path) ? 'jamdev' : 'platform']);
      const statuses = Object.keys(operation.responses);
      const endpoint = endpoints.find((each) => describedPath(each.path) === path && each.method === method);
      const own = endpoint?.answer.statuses.map(String) ?? [];
      expect(statuses).toEqual(expect.arrayContaining([...own, '403', '500']));
      expect(operation.requestBody !== undefined).toBe(endpoint?.body !== undefined);
      if (operation.requestBody) expect(statuses).toEqual(expect.arrayContaining(['400', '413']));
      for (const status of statuses.filter((each) => Number(each) >= 400 && !own.includes(each))) {
        expect(JSON.stringify(operation.responses[status]?.content?.['application/json']?.schema)).toContain('/Error"');
      }
    }
    const streams = operations.filter(({ operation }) => operation.responses[200]?.content?.['text/event-stream']);
    expect(streams.map(({ path }) => path)).toEqual(
      operations.map(({ path }) => path).filter((path) => path.endsWith('/stream')),
    );
    expect(streams.length).toBeGreaterThanOrEqual(3);
  });

  test('a client that knows only the description finds the fields of a connect request', async () => {
    const server = await startServer();
    const { description } = await DescribedApi.of(server);
    expect(Object.keys(description.components.schemas.ConnectRequest?.properties ?? {})).toEqual([
      'key',
      'user',
      'auth',
      'spawn',
    ]);
    expect(description.components.schemas.ConnectRequest).toMatchObject({
      properties: { key: { type: ['string', 'null'], minLength: 1, maxLength: 128 } },
    });
    expect(description.paths['/v2/service/{account}/{service}/connect']?.post).toMatchObject({
      requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/ConnectRequest' } } } },
      responses: {
        200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/ConnectResponse' } } } },
      },
    });
  });

  // Runs five backends from spawn to end, one after the other.
  test('all answers over a whole lifecycle match the description', async () => {
    const server = await startServer();
    const api = await DescribedApi.of(server);
    const ask = async (method: 'GET' | 'POST', path: string, body: unknown = {}, accept = 'application/json') => {
      const url = `${server.apiUrl}${path}`;
      const answer = method === 'GET' ? await send(url, { headers: { accept } }) : await post(url, body);
      api.check(method, path, answer);
      return answer;
    };
    const follow = async (path: string) => {
      const stream = await openStream(`${server.apiUrl}${path}`);
      return {
        begun: () => waitFor(() => stream.chunks.length > 0, `an event of ${path}`),
        ended: async () => {
          await stream.ended;
          api.check('GET', path, { ...stream, text: stream.chunks.join('') });
        },
      };
    };
    const readAll = async (id: string) => {
      for (const path of ['/backend/ID/status', '/v2/backend/ID/status', '/v2/backend/ID']) {
        await ask('GET', path.replace('ID', id));
      }
      await ask('GET', '/v2/account/acme/backends');
      await ask('GET', '/_jamdev/backends');
    };
    for (const path of ['/auth', '/openapi.json', '/_jamdev/info']) await ask('GET', path);
    await ask('POST', '/_jamdev/build');

    // Backends spawned by either version, observed throughout, and ended in every way.
    const connects: [path: string, end: (id: string, url: string) => Promise<unknown>][] = [
      ['/user/acme/service/doc/spawn', (id) => ask('POST', `/backend/${id}/terminate`)],
      ['/v1/user/acme/service/doc/spawn', (id) => ask('POST', `/v2/backend/${id}/terminate`, { hard: true })],
      ['/v2/service/acme/doc/connect', (id) => ask('POST', `/v2/backend/${id}/terminate`)],
      ['/v2/service/acme/doc/staging/connect', (_, url) => send(`${url}crash`).catch(() => undefined)],
      ['/v2/service/acme/doc/connect', () => ask('POST', '/service/acme/doc/terminate-backends', {})],
    ];
    for (const [index, [path, end]] of connects.entries()) {
      const result = (await ask('POST', path)).json<{ backend_id?: string; name?: string; url: string }>();
      const id = result.backend_id ?? result.name ?? '';
      const streams = await Promise.all(STREAMS.map((each) => follow(each.replace('ID', id))));
      await readAll(id);
      await untilStatus(server, id, 'ready');
      await readAll(id);
      // Metrics take time, so one event is enough.
      if (index === 0) for (const { begun } of streams) await begun();
      await end(id, result.url);
      await readAll(id);
      await untilStatus(server, id, 'terminated');
      await readAll(id);
      await Promise.all(streams.map(({ ended }) => ended()));
      await ask('POST', `/v2/backend/${id}/terminate`);
      await ask('POST', `/backend/${id}/terminate`);
    }
    const waiting = await server.connect();
    const readyPath = new URL(waiting.ready_url).pathname;
    for (const accept of ['text/html', 'application/json']) await ask('GET', readyPath, {}, accept);
    await untilStatus(server, waiting.backend_id, 'ready');
    for (const accept of ['text/html', 'application/json']) await ask('GET', readyPath, {}, accept);
    await ask('GET', '/_jamdev/logs?follow=false');
    await ask('GET', '/_jamdev/logs?follow=false&tail=1');

    await ask('POST', '/v2/account/acme/service', { name: 'chat' });
    await ask('GET', '/v2/account/acme/services');
    await ask('POST', '/v2/service/acme/chat/update', { image_tag: 'latest' });
    await ask('POST', '/v2/service/acme/chat/staging/update', { image_tag: 'nope' });
    for (const path of ['/v2/service/acme/chat', '/v2/service/acme/chat/images', '/service/acme/chat/image-name']) {
      await ask('GET', path);
    }
    await ask('POST', '/v2/service/acme/chat/delete');
    await ask('POST', '/cli-login');
    await ask('POST', '/user-session/1/delete');
    await ask('POST', '/v2/acme/chat/blobs/uploads');

    // Every declared endpoint has been called: a new one needs a call above.
    const declared = api.endpoints.map(({ method, path }) => `${method} ${path}`);
    expect([...api.seen].sort()).toEqual(declared.sort());
  });
});
