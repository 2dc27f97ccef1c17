import { describe, expect, test } from 'vitest';
import { startServer, untilStatus } from '../support/dev-server.js';
import { openStream, post, send } from '../support/http.js';
import { waitFor } from '../support/wait.js';

const TOKEN = /^[\w-]{43}$/;
const ID = /^[a-z][a-z0-9]{13}$/;

describe('HTTP API', () => {
  describe('v1', () => {
    test.each(['', '/v1'])(
      'spawn under "%s" answers with the dev-style spawn result, keys in order',
      async (prefix) => {
        const server = await startServer();
        const answer = await post(`${server.apiUrl}${prefix}/user/acme/service/doc/spawn?r=0.123`, { lock: 'doc-1' });
        expect(answer.status).toBe(200);
        expect(answer.headers['content-type']).toBe('application/json');
        const result = answer.json<{ name: string; url: string }>();
        expect(result.name).toMatch(ID);
        const token = result.url.split('/')[3] ?? '';
        expect(token).toMatch(TOKEN);
        expect(answer.text).toBe(
          JSON.stringify({
            name: result.name,
            spawned: true,
            url: `${server.proxyUrl}/${token}/`,
            status_url: `${server.apiUrl}/backend/${result.name}/status`,
            ready_url: '',
            status: 'Loading',
          }),
        );
        const again = (await post(`${server.apiUrl}/user/acme/service/doc/spawn`, { lock: 'doc-1' })).json();
        expect(again).toMatchObject({ name: result.name, spawned: false });
        expect(again.url).not.toBe(result.url);
      },
    );

    test('spawn takes no body, and passes env on', async () => {
      const server = await startServer();
      expect((await send(`${server.apiUrl}/user/-/service/-/spawn`, { method: 'POST' })).status).toBe(200);
      const { url } = (
        await post(`${server.apiUrl}/user/-/service/-/spawn`, { env: { TEST_A: '1' }, grace_period_seconds: 9 })
      ).json<{ url: string }>();
      expect((await send(url)).json()).toMatchObject({ environment: { TEST_A: '1' } });
    });

    test('status and its stream use the v1 names, none twice, and terminate is hard', async () => {
      const server = await startServer();
      const { backend_id: id } = await server.connect();
      const stream = await openStream(`${server.apiUrl}/backend/${id}/status/stream?r=1`);
      await untilStatus(server, id, 'ready');
      expect((await send(`${server.apiUrl}/backend/${id}/status`)).json()).toEqual({
        state: 'Ready',
        time: server.parts.platform.backend(id).state.time.toISOString(),
        backend: id,
      });
      expect((await post(`${server.apiUrl}/backend/${id}/terminate`, {})).json()).toEqual({ status: 'ok' });
      await stream.ended;
      const states = stream.chunks.join('').match(/"state":"\w+"/g);
      expect(states).toEqual(['"state":"Loading"', '"state":"Starting"', '"state":"Ready"', '"state":"Terminated"']);
      expect(server.parts.platform.backend(id).history.map(({ status }) => status)).not.toContain('terminating');
    });
  });

  describe('v2 connect', () => {
    test('answers with the dev-style response, keys in order, and with a fresh token each time', async () => {
      const server = await startServer();
      const url = `${server.apiUrl}/v2/service/acme/doc/connect`;
      const answer = await post(url, { key: 'document-123' }, { authorization: 'Bearer whatever' });
      const first = answer.json<Record<string, string>>();
      expect(answer.headers['content-type']).toBe('application/json');
      expect(first.backend_id).toMatch(ID);
      expect(first.token).toMatch(TOKEN);
      expect(first.secret_token).toMatch(TOKEN);
      expect(answer.text).toBe(
        JSON.stringify({
          backend_id: first.backend_id,
          spawned: true,
          status: 'scheduled',
          token: first.token,
          url: `${server.proxyUrl}/${first.token}/`,
          secret_token: first.secret_token,
          status_url: `${server.apiUrl}/v2/backend/${first.backend_id}/status`,
          ready_url: `${server.apiUrl}/ready/${first.backend_id}/${first.token}/`,
        }),
      );
      await untilStatus(server, first.backend_id ?? '', 'ready');
      const second = (await post(url, { key: 'document-123' })).json<Record<string, string>>();
      expect(second).toMatchObject({ backend_id: first.backend_id, spawned: false, status: 'ready' });
      expect([first.token, first.secret_token]).not.toContain(second.token);
      expect((await send(`${server.proxyUrl}/${first.token}/`)).status).toBe(200);
      expect((await send(`${server.proxyUrl}/${second.token}/`)).status).toBe(200);
    });

    test('N concurrent requests for one key give one backend and one process', async () => {
      const server = await startServer();
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => post(`${server.apiUrl}/v2/service/-/-/connect`, { key: 'only' })),
      );
      const results = answers.map((answer) => answer.json<{ backend_id: string; spawned: boolean; url: string }>());
      expect(new Set(results.map((each) => each.backend_id)).size).toBe(1);
      expect(results.filter((each) => each.spawned)).toHaveLength(1);
      const pids = await Promise.all(results.map(async ({ url }) => (await send(url)).json().pid));
      expect(new Set(pids).size).toBe(1);
    });

    test('keys are namespaced by service, and "-" names the default one', async () => {
      const server = await startServer();
      const connect = (service: string) => post(`${server.apiUrl}/v2/service/a/${service}/connect`, { key: 'same' });
      const ids = await Promise.all(
        ['-', 'default', 'chat', 'doc%20s', 'chat/staging'].map(
          async (service) => (await connect(service)).json().backend_id,
        ),
      );
      expect(ids[0]).toBe(ids[1]);
      expect(ids[2]).toBe(ids[4]);
      expect(new Set(ids).size).toBe(3);
      expect((await send(`${server.apiUrl}/v2/backend/${ids[3]}`)).json()).toMatchObject({ service_name: 'doc s' });
    });

    test('spawn: false returns the holder or says that there is none', async () => {
      const server = await startServer();
      const url = `${server.apiUrl}/v2/service/-/-/connect`;
      const none = await post(url, { key: 'nobody', spawn: false });
      expect(none.status).toBe(409);
      expect(none.json()).toMatchObject({ error: { status: 409, code: 'KeyUnheldNoSpawnConfig' } });
      const { backend_id } = await server.connect({ key: 'somebody' });
      expect((await post(url, { key: 'somebody', spawn: false })).json()).toMatchObject({ backend_id, spawned: false });
      expect((await post(url, { spawn: false })).json()).toMatchObject({ error: { status: 400, code: 'KeyRequired' } });
      expect(server.parts.platform.backends).toHaveLength(1);
    });

    test('a key whose holder is ending is given on when that process is gone, not before', async () => {
      const command = `node -e "process.on('SIGTERM', () => setTimeout(() => process.exit(0), 300)); require('http').createServer((q, s) => s.end(String(process.pid))).listen(process.env.PORT)"`;
      const server = await startServer({ command });
      const first = await server.connect({ key: 'k' });
      await untilStatus(server, first.backend_id, 'ready');
      const old = server.parts.platform.backend(first.backend_id);
      await post(`${server.apiUrl}/v2/backend/${first.backend_id}/terminate`, {});
      const second = (await post(`${server.apiUrl}/v2/service/-/-/connect`, { key: 'k' })).json();
      expect(old.state.status).toBe('terminated');
      expect(second).toMatchObject({ spawned: true });
      expect(second.backend_id).not.toBe(first.backend_id);
    });

    test('without a key the backend sees the one that was made up', async () => {
      const server = await startServer();
      const { url, backend_id } = await server.connect();
      const { environment } = (await send(url)).json<{ environment: Record<string, string> }>();
      expect(environment.SESSION_BACKEND_KEY).toMatch(/^\w{10,}$/);
      expect((await send(`${server.apiUrl}/v2/backend/${backend_id}`)).json().key).toBe(
        environment.SESSION_BACKEND_KEY,
      );
    });
  });

  describe('v2 status, info and list', () => {
    test('the stream sends every status so far, then the live ones, each event in one chunk, and ends', async () => {
      const server = await startServer();
      const { backend_id: id, status_url } = await server.connect({ key: 'k' });
      await untilStatus(server, id, 'ready');
      const stream = await openStream(`${status_url}/stream?nonce=0.5`, { origin: 'https://app.example' });
      expect(stream.headers['access-control-allow-origin']).toBe('*');
      expect(stream.headers['content-type']).toBe('text/event-stream');
      await waitFor(() => stream.chunks.join('').includes('ready'), 'the statuses so far');
      await post(`${server.apiUrl}/v2/backend/${id}/terminate`, { hard: false });
      await stream.ended;
      for (const chunk of stream.chunks) expect(chunk).toMatch(/^(?:data: \{[^\n]*\}\n\n)+$/);
      const events = stream.chunks
        .join('')
        .split('\n\n')
        .slice(0, -1)
        .map((event) => JSON.parse(event.slice('data: '.length)));
      expect(events.map(({ status }) => status)).toEqual([
        'scheduled',
        'loading',
        'starting',
        'waiting',
        'ready',
        'terminating',
        'terminated',
      ]);
      expect(events[0]).toEqual({ status: 'scheduled', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) });
      expect(events[5]).toEqual({
        status: 'terminating',
        time: expect.any(String),
        termination_reason: 'external',
        termination_kind: 'soft',
      });
      expect(events[6]).toEqual({
        status: 'terminated',
        time: expect.any(String),
        termination_reason: 'external',
        termination_kind: 'soft',
        exit_error: true,
      });
      const late = await openStream(`${status_url}/stream`);
      await late.ended;
      expect(late.chunks.join('')).toBe(stream.chunks.join(''));
      expect((await send(status_url)).json()).toEqual(events[6]);
    });

    test('info has every status, with exit code and last status in place of exit_error', async () => {
      const server = await startServer();
      const { backend_id: id, url } = await server.connect({ key: 'k' });
      await send(`${url}crash?code=9`).catch(() => undefined);
      await untilStatus(server, id, 'terminated');
      const info = (await send(`${server.apiUrl}/v2/backend/${id}`)).json<{ statuses: unknown[] }>();
      expect(Object.keys(info)).toEqual([
        'id',
        'created_at',
        'service_name',
        'cluster_name',
        'account_name',
        'statuses',
        'image_digest',
        'key',
        'environment_name',
        'max_mem_bytes',
      ]);
      expect(info.statuses.at(-1)).toEqual({
        status: 'terminated',
        time: expect.any(String),
        exit_code: 9,
        last_status: 'ready',
      });
      expect((await send(`${server.apiUrl}/v2/backend/${id}/status`)).json()).toMatchObject({ exit_error: true });
      expect((await send(`${server.apiUrl}/backend/${id}/status`)).json()).toMatchObject({ state: 'Failed' });
    });

    test('the list has the backends that run', async () => {
      const server = await startServer();
      const { backend_id: gone } = await server.connect({ key: 'gone' });
      await post(`${server.apiUrl}/v2/backend/${gone}/terminate`, { hard: true });
      await untilStatus(server, gone, 'terminated');
      const { backend_id: id } = await server.connect({ key: 'here' });
      const list = await send(`${server.apiUrl}/v2/account/acme/backends?x=1`);
      expect(list.json()).toEqual({
        running_backends: [
          {
            id,
            created_at: expect.any(String),
            service_name: 'default',
            cluster_name: 'localhost',
            account_name: 'acme',
            status: { status: expect.any(String), time: expect.any(String) },
            key: 'here',
          },
        ],
      });
    });

    test('/auth lets everyone in', async () => {
      const server = await startServer();
      const answer = await send(`${server.apiUrl}/auth`, { headers: { authorization: 'Bearer a.b' } });
      expect(answer.json()).toEqual({ status: 'ok', accounts: ['local'], is_admin: false });
    });
  });

  describe('terminate', () => {
    test('a dead backend can not be terminated again', async () => {
      const server = await startServer();
      const { backend_id: id } = await server.connect();
      await post(`${server.apiUrl}/v2/backend/${id}/terminate`, { hard: true });
      await untilStatus(server, id, 'terminated');
      const answer = await post(`${server.apiUrl}/v2/backend/${id}/terminate`, {});
      expect(answer.status).toBe(409);
      expect(answer.json()).toMatchObject({ error: { code: 'BackendNotRunning' } });
    });

    test('a soft one can be made hard', async () => {
      const command = `node -e "process.on('SIGTERM', () => {}); require('http').createServer((q, s) => s.end()).listen(process.env.PORT)"`;
      const server = await startServer({ command });
      const { backend_id: id } = await server.connect();
      await untilStatus(server, id, 'ready');
      await post(`${server.apiUrl}/v2/backend/${id}/terminate`, {});
      await post(`${server.apiUrl}/v2/backend/${id}/terminate`, { hard: true });
      await untilStatus(server, id, 'terminated');
      expect((await send(`${server.apiUrl}/v2/backend/${id}/status`)).json()).toMatchObject({
        termination_reason: 'external',
        termination_kind: 'hard',
        exit_error: true,
      });
    });

    test('one that has not even started ends as well', async () => {
      const server = await startServer({ build: 'sleep 30' });
      const { backend_id: id } = await server.connect();
      await untilStatus(server, id, 'loading');
      await post(`${server.apiUrl}/v2/backend/${id}/terminate`, {});
      const backend = await untilStatus(server, id, 'terminated');
      expect(backend.history.map(({ status }) => status)).toEqual([
        'scheduled',
        'loading',
        'terminating',
        'terminated',
      ]);
    });
  });

  describe('logs stream', () => {
    test('sends what was printed before, then live, one event a line, and ends with the backend', async () => {
      const server = await startServer();
      const { backend_id: id, url } = await server.connect();
      await send(`${url}print?text=${encodeURIComponent('before: größe 🦊')}`);
      const stream = await openStream(`${server.apiUrl}/v2/backend/${id}/logs/stream?r=2`);
      await waitFor(() => stream.chunks.join('').includes('🦊'), 'the lines so far');
      await send(`${url}print?text=${encodeURIComponent('carriage\rreturn')}`);
      await send(`${url}crash`).catch(() => undefined);
      await stream.ended;
      expect(stream.chunks.join('')).toBe(
        `data: listening as ${id}\n\ndata: before: größe 🦊\n\ndata: carriagereturn\n\ndata: about to crash\n\n`,
      );
      const later = await openStream(`${server.apiUrl}/v2/backend/${id}/logs/stream`);
      await later.ended;
      expect(later.chunks.join('')).toBe(stream.chunks.join(''));
    });
  });
});
