import { describe, expect, test } from 'vitest';
import { type ApiSuite, control } from '../../support/api/test-api.js';
import { send } from '../../support/http.js';
import { waitFor } from '../../support/wait.js';

const TOKEN = /^[\w-]{43}$/;
const ID = /^[a-z][a-z0-9]{13}$/;
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

/** What each endpoint of version 1 and 2 does. */
export const endpoints: ApiSuite = (target) => {
  describe('HTTP API: v1', () => {
    test.each(['', '/v1'])('spawn under "%s" answers in the dev style, with keys in order', async (prefix) => {
      const api = await target.open();
      const path = `${prefix}/user/${api.account}/service/doc/spawn`;
      const answer = await api.post(`${path}?r=0.123`, { lock: 'doc-1' });
      expect(answer.status, answer.text).toBe(200);
      expect(answer.headers['content-type']).toBe('application/json');
      const result = answer.json<{ name: string; url: string }>();
      expect(result.name).toMatch(ID);
      const token = result.url.split('/')[3] ?? '';
      expect(token).toMatch(TOKEN);
      expect(answer.text).toBe(
        JSON.stringify({
          name: result.name,
          spawned: true,
          url: `${api.place.proxyUrl}/${token}/`,
          status_url: `${api.url}/backend/${result.name}/status`,
          ready_url: '',
          status: 'Loading',
        }),
      );
      const again = (await api.post(path, { lock: 'doc-1' })).json();
      expect(again).toMatchObject({ name: result.name, spawned: false });
      expect(again.url).not.toBe(result.url);
    });

    test('spawn needs no body, and passes env on', async () => {
      const api = await target.open();
      expect((await api.send('/user/-/service/-/spawn', { method: 'POST' })).status).toBe(200);
      const answer = await api.post('/user/-/service/-/spawn', { env: { TEST_A: '1' }, grace_period_seconds: 9 });
      expect(await control(answer.json<{ url: string }>().url, 'env')).toMatchObject({ TEST_A: '1' });
    });

    test('status and its stream use the v1 names without repeating one, and terminate is hard', async () => {
      const api = await target.open();
      const { backend_id: id } = await api.connect();
      const stream = await api.stream(`/backend/${id}/status/stream?r=1`);
      const ready = (await api.untilStatus(id, 'ready')).find(({ status }) => status === 'ready');
      expect(await api.get(`/backend/${id}/status`)).toEqual({ state: 'Ready', time: ready?.time, backend: id });
      expect((await api.post(`/backend/${id}/terminate`)).json()).toEqual({ status: 'ok' });
      await stream.ended;
      const states = stream.chunks.join('').match(/"state":"\w+"/g);
      expect(states).toEqual(['"state":"Loading"', '"state":"Starting"', '"state":"Ready"', '"state":"Terminated"']);
      const history = await api.untilStatus(id, 'terminated');
      expect(history.map(({ status }) => status)).not.toContain('terminating');
    });
  });

  describe('HTTP API: v2 connect', () => {
    test('answers in the dev style, with keys in order and a new token each time', async () => {
      const api = await target.open();
      const path = `/v2/service/${api.account}/doc/connect`;
      const answer = await api.post(path, { key: 'document-123' });
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
          url: `${api.place.proxyUrl}/${first.token}/`,
          secret_token: first.secret_token,
          status_url: `${api.url}/v2/backend/${first.backend_id}/status`,
          ready_url: `${api.url}/ready/${first.backend_id}/${first.token}/`,
        }),
      );
      await api.untilStatus(first.backend_id ?? '', 'ready');
      const second = (await api.post(path, { key: 'document-123' })).json<Record<string, string>>();
      expect(second).toMatchObject({ backend_id: first.backend_id, spawned: false, status: 'ready' });
      expect([first.token, first.secret_token]).not.toContain(second.token);
      expect((await send(first.url ?? '')).status).toBe(200);
      expect((await send(second.url ?? '')).status).toBe(200);
    });

    test('N concurrent requests for one key give one backend and one process', async () => {
      const api = await target.open();
      const results = await Promise.all(Array.from({ length: 20 }, () => api.connect({ key: 'only' })));
      expect(new Set(results.map((each) => each.backend_id)).size).toBe(1);
      expect(results.filter((each) => each.spawned)).toHaveLength(1);
      const starts = await Promise.all(
        results.map(async ({ url }) => {
          const { SESSION_BACKEND_FENCING_TOKEN } = await control(url, 'env');
          return `${await control<number>(url, 'pid')} ${SESSION_BACKEND_FENCING_TOKEN}`;
        }),
      );
      expect(new Set(starts).size).toBe(1);
    });

    test('keys are namespaced by service, and "-" names the default one', async () => {
      const api = await target.open();
      const idIn = async (service: string) => (await api.connect({ key: 'same' }, service)).backend_id;
      const ids = await Promise.all(['-', 'default', 'chat', 'doc'].map(idIn));
      expect(ids[0]).toBe(ids[1]);
      expect(new Set(ids).size).toBe(3);
      expect(await api.get(`/v2/backend/${ids[3]}`)).toMatchObject({ service_name: 'doc' });
    });

    test('keys are shared by the environments of a service', async () => {
      const api = await target.open();
      const { backend_id: id } = await api.connect({ key: 'same' }, 'chat');
      const { status, json } = await api.post('/v2/service/-/chat/staging/connect', { key: 'same' });
      const { backend_id, error } = json<{ backend_id?: string; error?: { code: string } }>();
      api.check('answer.status', status, 200);
      api.check('answer.backend_id', backend_id, id);
      api.check('answer.error', error?.code, undefined);
    });

    test('spawn: false returns the holder or says that there is none', async () => {
      const api = await target.open();
      const path = '/v2/service/-/-/connect';
      const none = await api.post(path, { key: 'nobody', spawn: false });
      expect(none.status).toBe(409);
      expect(none.json()).toMatchObject({ error: { status: 409, code: 'KeyUnheldNoSpawnConfig' } });
      const { backend_id } = await api.connect({ key: 'somebody' });
      expect((await api.post(path, { key: 'somebody', spawn: false })).json()).toMatchObject({
        backend_id,
        spawned: false,
      });
      expect((await api.post(path, { spawn: false })).json()).toMatchObject({
        error: { status: 400, code: 'KeyRequired' },
      });
      expect(await api.place.spawned()).toEqual([backend_id]);
    });

    test('a key is passed on only when the process of its ending holder is gone', async () => {
      const api = await target.open();
      const first = await api.connectUntilReady({ key: 'k', life: { onSigterm: 300 } });
      await api.terminate(first.backend_id, false);
      const second = await api.connect({ key: 'k' });
      expect(await api.untilStatus(first.backend_id, 'terminated')).toBeDefined();
      expect(second).toMatchObject({ spawned: true });
      expect(second.backend_id).not.toBe(first.backend_id);
    });

    test('without a key, the backend sees the generated one', async () => {
      const api = await target.open();
      const { url, backend_id } = await api.connect();
      const { SESSION_BACKEND_KEY: key } = await control(url, 'env');
      expect(key).toMatch(/^\w{10,}$/);
      expect(await api.get(`/v2/backend/${backend_id}`)).toMatchObject({ key });
    });
  });

  describe('HTTP API: v2 status, info and list', () => {
    test('the stream sends every status so far, then live ones, each event in one chunk, and ends', async () => {
      const api = await target.open();
      const { backend_id: id, status_url } = await api.connectUntilReady({ key: 'k' });
      const stream = await api.stream(`${status_url}/stream?nonce=0.5`, { origin: 'https://app.example' });
      expect(stream.headers['access-control-allow-origin']).toBe('*');
      expect(stream.headers['content-type']).toBe('text/event-stream');
      await waitFor(() => stream.chunks.join('').includes('ready'), 'the statuses so far');
      await api.terminate(id, false);
      await stream.ended;
      for (const chunk of stream.chunks) expect(chunk).toMatch(/^(?:data: \{[^\n]*\}\n\n)+$/);
      const events = stream.chunks
        .join('')
        .split('\n\n')
        .slice(0, -1)
        .map((event) => JSON.parse(event.slice('data: '.length)));
      const reason = { termination_reason: 'external', termination_kind: 'soft' };
      api.check('events.all', events, [
        { status: 'scheduled', time: TIME },
        { status: 'loading', time: TIME },
        { status: 'starting', time: TIME },
        { status: 'waiting', time: TIME },
        { status: 'ready', time: TIME },
        { status: 'terminating', time: TIME, ...reason },
        { status: 'terminated', time: TIME, ...reason, exit_error: false },
      ]);
      const late = await api.stream(`${status_url}/stream`);
      await late.ended;
      expect(late.chunks.join('')).toBe(stream.chunks.join(''));
      expect(await api.status(id)).toEqual(events[6]);
    });

    test('info has every status, with exit code and last status in place of exit_error', async () => {
      const api = await target.open();
      const { backend_id: id, url } = await api.connectUntilReady({ key: 'k' });
      await control(url, 'exit/9');
      await api.untilStatus(id, 'terminated');
      const info = await api.get(`/v2/backend/${id}`);
      expect(Object.keys(info)).toEqual([
        ...['id', 'created_at', 'service_name', 'cluster_name', 'account_name', 'statuses', 'image_digest', 'key'],
        ...['environment_name', 'max_mem_bytes'],
      ]);
      api.check('info.all', info, {
        id,
        created_at: TIME,
        service_name: 'default',
        cluster_name: api.place.cluster,
        account_name: expect.stringMatching(/^(local|a[0-9a-f]{12})$/),
        statuses: [
          { status: 'scheduled', time: TIME },
          { status: 'loading', time: TIME },
          { status: 'starting', time: TIME },
          { status: 'waiting', time: TIME },
          { status: 'ready', time: TIME },
          { status: 'terminated', time: TIME, exit_code: 9, last_status: 'ready' },
        ],
        image_digest: 'build-1',
        key: 'k',
        environment_name: 'default',
        max_mem_bytes: expect.any(Number),
      });
      expect(await api.status(id)).toMatchObject({ exit_error: true });
      expect(await api.get(`/backend/${id}/status`)).toMatchObject({ state: 'Failed' });
    });

    test('the list has the running backends', async () => {
      const api = await target.open();
      const { backend_id: gone } = await api.connect({ key: 'gone' });
      await api.terminate(gone, true);
      await api.untilStatus(gone, 'terminated');
      const { backend_id: id } = await api.connect({ key: 'here' });
      expect(await api.get(`/v2/account/${api.account}/backends?x=1`)).toEqual({
        running_backends: [
          {
            id,
            created_at: TIME,
            service_name: 'default',
            cluster_name: api.place.cluster,
            account_name: api.account,
            status: { status: expect.any(String), time: TIME },
            key: 'here',
          },
        ],
      });
    });

    test('/auth says whose token it is', async () => {
      const api = await target.open();
      api.check('auth.all', await api.get('/auth'), { status: 'ok', accounts: ['local'], is_admin: false });
    });
  });

  describe('HTTP API: terminate', () => {
    test('terminating a terminated backend is refused', async () => {
      const api = await target.open();
      const { backend_id: id } = await api.connect();
      await api.terminate(id, true);
      await api.untilStatus(id, 'terminated');
      const answer = await api.terminate(id, false);
      expect(answer.status).toBe(409);
      expect(answer.json()).toMatchObject({ error: { code: 'BackendNotRunning' } });
    });

    test('a soft termination can be made hard', async () => {
      const api = await target.open();
      const { backend_id: id } = await api.connectUntilReady({ life: { onSigterm: 'ignore' } });
      await api.terminate(id, false);
      await api.terminate(id, true);
      await api.untilStatus(id, 'terminated');
      expect(await api.status(id)).toMatchObject({
        termination_reason: 'external',
        termination_kind: 'hard',
        exit_error: true,
      });
    });
  });

  describe('HTTP API: logs stream', () => {
    test('sends earlier output, then live output, one event per line, and ends with the backend', async () => {
      const api = await target.open();
      const { backend_id: id, url } = await api.connect();
      const { PORT } = await control(url, 'env');
      await control(url, 'print', 'before: größe 🦊');
      const stream = await api.stream(`/v2/backend/${id}/logs/stream?r=2`);
      await waitFor(() => stream.chunks.join('').includes('🦊'), 'the lines so far');
      await control(url, 'print', 'carriage\rreturn');
      await control(url, 'print', '  data: two spaces, an empty line\n\nlast');
      await waitFor(() => stream.chunks.join('').includes('last'), 'the last line');
      await control(url, 'exit/3');
      await stream.ended;
      expect(stream.chunks.join('')).toBe(
        [`listening on ${PORT}`, 'before: größe 🦊', 'carriagereturn', '  data: two spaces, an empty line', '', 'last']
          .map((line) => `data: ${line}\n\n`)
          .join(''),
      );
      await api.untilStatus(id, 'terminated');
      const later = await api.stream(`/v2/backend/${id}/logs/stream`);
      await later.ended;
      expect(later.chunks.join('')).toBe(stream.chunks.join(''));
    });
  });
};
