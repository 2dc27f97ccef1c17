import { describe, expect, test } from 'vitest';
import { startServer, untilStatus } from '../support/dev-server.js';
import { post } from '../support/http.js';
import { living, waitFor } from '../support/wait.js';

const path = (service: string) => `/service/acme/${service}/terminate-backends`;

describe('HTTP API: terminate-backends', () => {
  test('ends the backends of that service, softly, and leaves those of others', async () => {
    const server = await startServer();
    const doc = [await server.connect({ service: 'doc' }), await server.connect({ service: 'doc', key: 'k' })];
    const chat = await server.connect({ service: 'chat', key: 'k' });
    for (const { backend_id } of [...doc, chat]) await untilStatus(server, backend_id, 'ready');
    const answer = await post(`${server.apiUrl}${path('doc')}`, {});
    expect(answer.text).toBe('{"backend_count":2,"terminated_count":2,"is_complete":true}');
    for (const { backend_id } of doc) {
      const backend = await untilStatus(server, backend_id, 'terminated');
      expect(backend.state).toMatchObject({ reason: 'external', kind: 'soft' });
    }
    expect(server.parts.platform.running.map(({ id }) => id)).toEqual([chat.backend_id]);
    // Nothing is left to be done; and no body is needed.
    const again = await post(`${server.apiUrl}${path('doc')}`, '');
    expect(again.json()).toEqual({ backend_count: 0, terminated_count: 0, is_complete: true });
  });

  test('"-" is the default service, and hard is at once', async () => {
    const command = `node -e "process.on('SIGTERM', () => {}); require('http').createServer((q, s) => s.end(String(process.pid))).listen(process.env.PORT)"`;
    const server = await startServer({ command });
    const { backend_id: id, url } = await server.connect();
    await untilStatus(server, id, 'ready');
    const pid = Number(await (await fetch(url)).text());
    expect(await living([pid])).toEqual([pid]);
    const soft = await post(`${server.apiUrl}${path('default')}`, { hard: false });
    expect(soft.json()).toMatchObject({ backend_count: 1, terminated_count: 1 });
    const hard = await post(`${server.apiUrl}${path('-')}`, { hard: true });
    expect(hard.json()).toEqual({ backend_count: 1, terminated_count: 1, is_complete: true });
    const backend = await untilStatus(server, id, 'terminated');
    expect(backend.state).toMatchObject({ reason: 'external', kind: 'hard' });
    await waitFor(async () => (await living([pid])).length === 0, 'its process to be gone');
  });

  test('before spares what was created at that time or later', async () => {
    const server = await startServer();
    const older = await server.connect({ key: 'older' });
    await untilStatus(server, older.backend_id, 'ready');
    const newer = await server.connect({ key: 'newer' });
    const before = server.parts.platform.backend(newer.backend_id).createdAt.toISOString();
    const ofOlder = server.parts.platform.backend(older.backend_id).createdAt.toISOString();
    const ask = async (body: object) => (await post(`${server.apiUrl}${path('-')}`, body)).json();
    expect(await ask({ before: ofOlder })).toEqual({ backend_count: 0, terminated_count: 0, is_complete: true });
    expect(await ask({ before: '1970-01-01T00:00:00+01:00' })).toMatchObject({ backend_count: 0 });
    expect(await ask({ before })).toEqual({ backend_count: 1, terminated_count: 1, is_complete: true });
    await untilStatus(server, older.backend_id, 'terminated');
    expect(server.parts.platform.running.map(({ id }) => id)).toEqual([newer.backend_id]);
    expect(await ask({ before: '2999-12-31T23:59:59.999-12:00' })).toMatchObject({ terminated_count: 1 });
  });

  test('dry_run only counts', async () => {
    const server = await startServer();
    const { backend_id: id } = await server.connect();
    const answer = await post(`${server.apiUrl}${path('-')}`, { dry_run: true, hard: true });
    expect(answer.json()).toEqual({ backend_count: 1, terminated_count: 0, is_complete: false });
    await untilStatus(server, id, 'ready');
    expect(server.parts.platform.backend(id).history.at(-1)?.status).toBe('ready');
  });
});
