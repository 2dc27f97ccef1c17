import { expect, test } from 'vitest';
import { useServeApi } from '../support/api/serve-api.js';
import { control, headersSeen, type TestApi } from '../support/api/test-api.js';
import { send } from '../support/http.js';
import {
  fieldsOf,
  makeOfficialClient,
  type OfficialClient,
  overrideNotice,
  rowsOf,
  timeless,
} from '../support/official-client.js';
import { describeServe, START_DEADLINE_MS, useCluster } from '../support/serve.js';
import { waitFor } from '../support/wait.js';

// The official client, `jamsocket` on npm, unchanged, against `jamdev serve`: its requests are understood, and what it
// prints is right, as test/e2e/official-client.test.ts expects of a dev server.

const REMINDER =
  'Reminder: you can find help troubleshooting common issues at https://docs.jamsocket.com/platform/troubleshooting\n\n';
const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;

describeServe('Official clients, with jamdev serve', () => {
  const cluster = useCluster();
  const target = useServeApi(cluster);

  /** A client that has logged in with an API token of its own account. */
  const startLoggedIn = async (): Promise<{ api: TestApi; client: OfficialClient }> => {
    const api = await target.open();
    const client = makeOfficialClient(api.url);
    expect(await client.run('login', '--token', api.place.token)).toEqual({
      code: 0,
      stdout: `\nLogged in using API token as "${api.account}"\n`,
      stderr: overrideNotice(api.url),
    });
    return { api, client };
  };

  test('login accepts a token of an account, refuses a wrong one, and explains the alternative to the browser', async () => {
    const { api, client } = await startLoggedIn();
    expect(await client.run('login')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`You are already logged in as account ${api.account}.`),
    });
    expect(await client.run('logout')).toMatchObject({ code: 0, stdout: 'Logged out\n' });
    const wrong = await client.run('login', '--token', 'wrong.token');
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toContain('The API token is unknown or revoked.');
    const browser = await client.run('login');
    expect(browser).toMatchObject({ code: 1, stdout: '' });
    expect(browser.stderr).toMatch(/jamsocket: 501 - CloudOnly: .*jamsocket login --token/);
  });

  test('connect passes every flag on, and a key has one backend', async () => {
    const { api, client } = await startLoggedIn();
    const auth = '{"role":"editor","groups":["a","b"]}';
    const how = ['-i', '600', '-l', '3600', '-e', 'TEST_A=1', '-e', 'TEST_B=x=y z'];
    const first = await client.run('service', 'connect', 'default', '-k', 'doc-1', '-u', 'ann', '-a', auth, ...how);
    const fields = fieldsOf(first.stdout);
    const { 'backend id': id = '', 'backend url': url = '' } = fields;
    expect(first).toEqual({
      code: 0,
      stdout: `Backend spawned!
backend id:      ${id}
backend status:  scheduled
backend url:     ${url}
status url:      ${api.url}/v2/backend/${id}/status
ready url:       ${api.url}/ready/${id}/${new URL(url).pathname.slice(1)}
spawned:         true
dashboard:       https://app.localhost/backend/${id}
`,
      stderr: overrideNotice(api.url),
    });
    expect(url).toMatch(new RegExp(`^${api.place.proxyUrl}/[\\w-]{43}/$`));
    expect(await control(url, 'env')).toMatchObject({
      ...{ TEST_A: '1', TEST_B: 'x=y z', SESSION_BACKEND_ID: id, SESSION_BACKEND_KEY: 'doc-1' },
      JAMSOCKET_SERVICE: 'default',
    });
    await api.untilStatus(id, 'ready');
    const again = fieldsOf((await client.run('connect', 'default', '-k', 'doc-1', '-u', 'bob')).stdout);
    expect(again).toMatchObject({ 'backend id': id, 'backend status': 'ready', spawned: 'false' });
    const held = await client.run('connect', 'default', '-k', 'doc-1', '--no-spawn');
    expect(fieldsOf(held.stdout)).toMatchObject({ 'backend id': id, spawned: 'false' });
    const unheld = await client.run('connect', 'default', '-k', 'doc-2', '--no-spawn');
    expect(unheld).toMatchObject({ code: 1, stdout: '' });
    expect(unheld.stderr).toContain('409 - KeyUnheldNoSpawnConfig: No running backend of service "default" holds');
    expect(await api.place.spawned()).toEqual([id]);
  });

  test('spawn, list, info, logs and terminate print correct lines', async () => {
    const { api, client } = await startLoggedIn();
    expect((await client.run('backend', 'list')).stdout).toBe('No running backends found.\n\n');
    const spawned = fieldsOf((await client.run('spawn', 'default', '-l', 'room 7', '-g', '600')).stdout);
    const { 'backend ID': id = '', 'backend url': url = '' } = spawned;
    expect(spawned).toMatchObject({ 'backend status': 'Loading', 'status url': `${api.url}/backend/${id}/status` });
    await api.untilStatus(id, 'ready');
    const [row] = rowsOf((await client.run('backend', 'list')).stdout);
    expect(row).toMatchObject({ ID: id, Account: api.account, Service: 'default', 'Key (aka Lock)': 'room 7' });
    expect(timeless(row?.Status ?? '')).toBe('ready (a moment)');

    const logs = client.start('logs', id);
    const line = 'größe 🦊 結合';
    await control(url, 'print', line);
    await waitFor(() => logs.stdout().endsWith(`${line}\n`), 'the line', START_DEADLINE_MS);
    expect(await client.run('terminate', id, '-f')).toMatchObject({
      code: 0,
      stdout: `Termination requested for backend: ${id}\n`,
    });
    expect(await logs.exit).toBe(0);
    const all = `${REMINDER}listening on 8080\n${line}\n`;
    expect(logs.stdout()).toBe(all);
    await api.untilStatus(id, 'terminated');
    expect((await client.run('backend', 'logs', id)).stdout).toBe(all);

    const info = (await client.run('backend', 'info', id)).stdout;
    expect(fieldsOf(info)).toMatchObject({ service: 'default', key: 'room 7' });
    const statuses = info.split('Statuses:\n')[1]?.trimEnd().split('\n') ?? [];
    expect(statuses.slice(-3)).toEqual([
      expect.stringMatching(new RegExp(`^${TIME}  ready $`)),
      expect.stringMatching(new RegExp(String.raw`^${TIME}  hard-terminating \(reason: external\)$`)),
      expect.stringMatching(
        new RegExp(String.raw`^${TIME}  terminated \(reason: external, kind: hard, exit code: 137\)$`),
      ),
    ]);
    const twice = await client.run('terminate', id);
    expect(twice.stderr).toContain(`Warning: Backend ${id} has already terminated. Skipping...`);
  });

  test('services are created, get an image by use-image, run in environments and are deleted', async () => {
    const { api, client } = await startLoggedIn();
    expect((await client.run('service', 'list')).stdout).toBe('default\ndoc\nchat\n');
    expect(await client.run('service', 'create', 'board')).toMatchObject({
      code: 0,
      stdout: 'Created service: board\n',
    });
    expect((await client.run('service', 'list')).stdout).toBe('default\ndoc\nchat\nboard\n');
    const again = await client.run('service', 'create', 'board');
    expect(again.stderr).toContain('409 - ServiceExists: The service "board" already exists.');
    const without = await client.run('connect', 'default/staging');
    expect(without.stderr).toContain('404 - ImageNotFound: ');

    expect(await client.run('service', 'use-image', 'default/staging', '-i', cluster.image)).toEqual({
      code: 0,
      stdout: `Updated default/staging to use image ${cluster.image}
Run jamsocket service info default for more information about your service.
`,
      stderr: overrideNotice(api.url),
    });
    const info = await client.run('service', 'info', 'default');
    expect(info.stdout).toContain(`  staging
    cluster: ${api.place.cluster}
    image tag/digest: ${cluster.image}
`);
    const { 'backend url': url = '', 'backend id': id = '' } = fieldsOf(
      (await client.run('connect', 'default/staging')).stdout,
    );
    expect((await send(url)).status).toBe(200);
    expect(await api.get(`/v2/backend/${id}`)).toMatchObject({ environment_name: 'staging' });
    const unknown = await client.run('service', 'use-image', 'default', '-i', 'not an image');
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
    const deleted = await client.run('service', 'delete', '-y', 'board');
    expect(deleted.stdout).toMatch(/\nDeleted service: board\n$/);
    const configured = await client.run('service', 'delete', '-y', 'default');
    expect(configured.stderr).toContain('409 - ServiceConfigured: ');
    const nope = await client.run('service', 'info', 'nope');
    expect(nope.stderr).toContain('404 - ServiceNotFound: There is no service "nope".');
  });

  test('an app that sends the requests of the official libraries gets its sessions', async () => {
    const api = await target.open();
    // As @jamsocket/server does: a token in Authorization, a random query, every field of a connect.
    const path = `/v2/service/${api.account}/doc/connect?_=${Math.random()}`;
    const body = {
      ...{ key: 'whiteboard/1', user: 'ann', auth: { can: ['edit'] } },
      spawn: { lifetime_limit_seconds: 3600, max_idle_seconds: 600, executable: { env: { TEST_A: '1' } } },
    };
    const answer = await api.post(path, body, { accept: 'application/json', 'user-agent': 'node' });
    const connected = answer.json<Parameters<typeof headersSeen>[0]>();
    const headers = await headersSeen(connected);
    expect(headers).toMatchObject({
      'x-verified-username': 'ann',
      'x-verified-user-data': '{"can":["edit"]}',
      'x-verified-backend': connected.backend_id,
      'x-verified-secret': connected.secret_token,
    });
    // As @jamsocket/client does in a page: no token, the status by its URL, the stream from another origin.
    const origin = { origin: 'https://app.example' };
    const status = await send(`${connected.status_url}?_=${Math.random()}`, { headers: origin });
    expect(status).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': '*' } });
    expect(status.json()).toMatchObject({ status: 'ready' });
    const stream = await fetch(`${connected.status_url}/stream?_=${Math.random()}`, { headers: origin });
    const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    while (!text.includes('"ready"')) text += new TextDecoder().decode((await reader.read()).value);
    await reader.cancel();
    const seen = text.trimEnd().split('\n\n');
    for (const event of seen) expect(event).toMatch(/^data: \{.*\}$/);
    expect(seen.map((event) => JSON.parse(event.slice('data: '.length)).status)).toEqual([
      ...['scheduled', 'loading', 'starting', 'waiting', 'ready'],
    ]);
  });
});
