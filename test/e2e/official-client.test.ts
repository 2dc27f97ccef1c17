import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type DevRun, startDev } from '../support/cli.js';
import { openStream, send } from '../support/http.js';
import {
  fieldsOf,
  logIn,
  makeOfficialClient,
  type OfficialClient,
  overrideNotice,
  rowsOf,
  saveCredentials,
  timeless,
} from '../support/official-client.js';
import { fixture, makeProject, makeTempFolder } from '../support/project.js';
import { waitFor } from '../support/wait.js';

// The official client, `jamsocket` on npm, unchanged, against a dev server: its requests are understood, and what it
// prints is right. Each run starts a program, which takes time.

const ECHO = `node ${fixture('echo-server.mjs')}`;
const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
const REMINDER =
  'Reminder: you can find help troubleshooting common issues at https://docs.jamsocket.com/platform/troubleshooting\n\n';

/** A backend that saves its work before it exits on SIGTERM. */
const SAVING = `process.on('SIGTERM', () => { console.log('saving'); process.exit(0); });
require('http').createServer((request, response) => response.end('here')).listen(process.env.PORT);`;

interface Echo {
  environment: Record<string, string>;
  headers: Record<string, string>;
}

async function startLoggedIn(command = ECHO): Promise<{ dev: DevRun; client: OfficialClient }> {
  const dev = await startDev(makeTempFolder(), ['--command', command]);
  return { dev, client: logIn(dev.apiUrl) };
}

async function startSaving() {
  const dev = await startDev(makeProject({ 'server.js': SAVING }), ['--command', 'node server.js']);
  const client = logIn(dev.apiUrl);
  /** A backend that is ready. */
  const connect = async (...args: string[]) => {
    const fields = fieldsOf((await client.run('connect', 'default', ...args)).stdout);
    await send(fields['backend url'] ?? '');
    return fields['backend id'] ?? '';
  };
  return { dev, client, connect };
}

/** Waits until a backend has ended. @returns its last status */
async function end(dev: DevRun, id: string | undefined): Promise<Record<string, unknown>> {
  return waitFor(async () => {
    const status = (await send(`${dev.apiUrl}/v2/backend/${id}/status`)).json();
    return status.status === 'terminated' ? status : undefined;
  }, `${id} to end`);
}

async function runningOf(dev: DevRun): Promise<string[]> {
  const { running_backends } = (await send(`${dev.apiUrl}/v2/account/-/backends`)).json<{
    running_backends: { id: string }[];
  }>();
  return running_backends.map(({ id }) => id);
}

describe('Official clients', () => {
  describe('login and logout', () => {
    test('accepts any token, says when it is already logged in, and logout forgets the token', async () => {
      const dev = await startDev(makeTempFolder(), ['--command', ECHO]);
      const client = makeOfficialClient(dev.apiUrl);
      const config = join(client.home, '.jamsocket', 'config.json');
      expect(await client.run('login', '--token', 'any.token')).toEqual({
        code: 0,
        stdout: '\nLogged in using API token as "local"\n',
        stderr: overrideNotice(dev.apiUrl),
      });
      expect(JSON.parse(readFileSync(config, 'utf8'))).toEqual({ api_token: { account: 'local', token: 'any.token' } });
      expect(await client.run('login')).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('You are already logged in as account local.'),
      });
      expect(await client.run('logout')).toMatchObject({ code: 0, stdout: 'Logged out\n' });
      expect(existsSync(config)).toBe(false);
    });

    test('without a token, gets instructions for local use, which work', async () => {
      const dev = await startDev(makeTempFolder(), ['--command', ECHO]);
      const client = makeOfficialClient(dev.apiUrl);
      const { code, stdout, stderr } = await client.run('login');
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(
        /jamsocket: 501 - CloudOnly: Login through the browser needs the hosted platform\. A dev server accepts any token/,
      );
      const advice = /jamsocket (login --token \S+)/.exec(stderr)?.[1] ?? '';
      expect((await client.run(...advice.split(' '))).stdout).toContain('Logged in');
    });

    test('accepts a session of the cloud and lists backends under its account', async () => {
      const dev = await startDev(makeTempFolder(), ['--command', ECHO]);
      const client = makeOfficialClient(dev.apiUrl);
      const session = {
        uuid: 'u-1',
        user_id: 'ann',
        token: 'a.b',
        selected_account: 'acme',
        user_email: 'ann@acme.example',
      };
      saveCredentials(client, { user_session: session });
      expect((await client.run('login')).stdout).toContain('You are already logged in as account acme.');
      await client.run('connect', 'default', '-k', 'doc-1');
      expect(rowsOf((await client.run('backend', 'list')).stdout)).toMatchObject([{ Account: 'acme' }]);
      expect(await client.run('logout')).toMatchObject({ code: 0, stdout: 'Logged out\n' });
      expect((await client.run('backend', 'list')).stderr).toContain('No user credentials found.');
    });
  });

  describe('connect', () => {
    test('passes every flag to the backend, and prints only correct lines', async () => {
      const { dev, client } = await startLoggedIn();
      const auth = '{"role":"editor","groups":["a","b"]}';
      const who = ['-k', 'doc-1', '-u', 'ann', '-a', auth];
      const how = [
        '-t',
        'latest',
        '-c',
        'some-cluster',
        '-i',
        '600',
        '-l',
        '3600',
        '-e',
        'TEST_A=1',
        '-e',
        'TEST_B=x=y z',
      ];
      const first = await client.run('service', 'connect', 'default/staging', ...who, ...how);
      const fields = fieldsOf(first.stdout);
      const { 'backend id': id = '', 'backend url': url = '', 'status url': statusUrl = '' } = fields;
      expect(id).toMatch(/^[a-z][a-z0-9]{13}$/);
      expect(url).toMatch(new RegExp(`^${dev.proxyUrl}/[\\w-]{43}/$`));
      expect(first).toEqual({
        code: 0,
        stdout: `Backend spawned!
backend id:      ${id}
backend status:  scheduled
backend url:     ${url}
status url:      ${dev.apiUrl}/v2/backend/${id}/status
ready url:       ${dev.apiUrl}/ready/${id}/${new URL(url).pathname.slice(1)}
spawned:         true
dashboard:       https://app.localhost/backend/${id}
`,
        stderr: overrideNotice(dev.apiUrl),
      });

      const { environment, headers } = (await send(url)).json<Echo>();
      expect(environment).toMatchObject({
        TEST_A: '1',
        TEST_B: 'x=y z',
        SESSION_BACKEND_ID: id,
        SESSION_BACKEND_KEY: 'doc-1',
        JAMSOCKET_SERVICE: 'default',
      });
      expect(headers).toMatchObject({ 'x-verified-username': 'ann', 'x-verified-user-data': auth });
      expect((await send(statusUrl)).json()).toMatchObject({ status: 'ready' });
      expect((await send(`${dev.apiUrl}/v2/backend/${id}`)).json()).toMatchObject({ environment_name: 'staging' });

      const again = fieldsOf((await client.run('connect', 'default', '-k', 'doc-1', '-u', 'bob')).stdout);
      expect(again).toMatchObject({ 'backend id': id, 'backend status': 'ready', spawned: 'false' });
      expect(again['backend url']).not.toBe(url);
      expect((await send(again['backend url'] ?? '')).json<Echo>().headers).toMatchObject({
        'x-verified-username': 'bob',
      });
    });

    test('without flags gives a new backend each time, whatever service is named', async () => {
      const { dev, client } = await startLoggedIn();
      const [first, second] = await Promise.all([client.run('connect', 'default'), client.run('connect', 'chat')]);
      expect(first.stdout).not.toMatch(/^spawned:/m);
      const urls = [first, second].map(({ stdout }) => fieldsOf(stdout)['backend url'] ?? '');
      const services = await Promise.all(urls.map(async (url) => (await send(url)).json<Echo>().environment));
      expect(services).toMatchObject([{ JAMSOCKET_SERVICE: 'default' }, { JAMSOCKET_SERVICE: 'chat' }]);
      expect(await runningOf(dev)).toHaveLength(2);
    });

    test('-i ends a backend without connections, and -l ends it even with one', async () => {
      const { dev, client } = await startLoggedIn();
      const idle = fieldsOf((await client.run('connect', 'default', '-i', '1')).stdout);
      const limited = fieldsOf((await client.run('connect', 'default', '-l', '5')).stdout);
      const connection = await openStream(`${limited['backend url']}drip`);
      expect(connection.status).toBe(200);
      const swept = { termination_reason: 'swept', termination_kind: 'soft' };
      expect(await end(dev, idle['backend id'])).toMatchObject(swept);
      expect(await end(dev, limited['backend id'])).toMatchObject(swept);
      await connection.ended;
    });

    test('--no-spawn returns the holder of a key, and starts nothing if the key is free', async () => {
      const { dev, client } = await startLoggedIn();
      const unheld = await client.run('connect', 'default', '-k', 'doc-1', '--no-spawn');
      expect(unheld).toMatchObject({ code: 1, stdout: '' });
      expect(unheld.stderr).toMatch(
        /jamsocket: 409 - KeyUnheldNoSpawnConfig: No running backend of service "default" holds the key "doc-1"/,
      );
      expect(await runningOf(dev)).toEqual([]);
      const { 'backend id': id } = fieldsOf((await client.run('connect', 'default', '-k', 'doc-1')).stdout);
      const held = await client.run('connect', 'default', '-k', 'doc-1', '--no-spawn', '-t', 'nope');
      expect(held.code).toBe(0);
      expect(held.stderr).toContain('Ignoring --tag flag');
      expect(fieldsOf(held.stdout)).toMatchObject({ 'backend id': id, spawned: 'false' });
    });

    test('reports unknown tags with the known ones, and reserved variables', async () => {
      const { dev, client } = await startLoggedIn();
      const [tag, reserved] = await Promise.all([
        client.run('connect', 'default', '-t', 'nope'),
        client.run('connect', 'default', '-e', 'PORT=1'),
      ]);
      expect(tag).toMatchObject({ code: 1, stdout: '' });
      expect(tag.stderr).toMatch(
        /404 - ImageNotFound: .* no image with the tag "nope"\. Known tags: latest, build-1\./,
      );
      expect(reserved).toMatchObject({ code: 1, stdout: '' });
      expect(reserved.stderr).toContain(`400 - ReservedEnv: "PORT" is set by the platform and can't be set in "env".`);
      expect(await runningOf(dev)).toEqual([]);
    });

    test('gets a reason for a body that it truncates by counting characters instead of bytes', async () => {
      const { dev, client } = await startLoggedIn();
      const { code, stdout, stderr } = await client.run('connect', 'default', '-k', 'größe');
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/jamsocket: 400 - Invalid(Request|Json): The request /);
      expect(await runningOf(dev)).toEqual([]);
    });

    test('reports a failed build with its last lines', async () => {
      const args = ['--command', ECHO, '--build', 'echo "no such module"; exit 2'];
      const dev = await startDev(makeTempFolder(), args);
      await waitFor(() => dev.stdout().includes('failed (exit code 2)'), 'the failure');
      const { code, stderr } = await logIn(dev.apiUrl).run('connect', 'default');
      expect(code).toBe(1);
      expect(stderr).toMatch(/503 - BuildFailed: The build failed \(exit code 2\)\.[\s\S]*no such module/);
    });
  });

  test('spawn, the older command, takes -e, -g and -l', async () => {
    const { dev, client } = await startLoggedIn();
    const first = await client.run(
      'spawn',
      'default/staging',
      '-l',
      'doc-1',
      '-g',
      '5',
      '-e',
      'TEST_A=1',
      '-e',
      'TEST_B=2',
    );
    const { 'backend ID': id = '', 'backend url': url = '', 'status url': statusUrl = '' } = fieldsOf(first.stdout);
    expect(first).toEqual({
      code: 0,
      stdout: `Backend spawned!
backend ID:      ${id}
backend status:  Loading
backend url:     ${url}
status url:      ${dev.apiUrl}/backend/${id}/status
ready url:       ${''}
spawned:         true
dashboard:       https://app.localhost/backend/${id}
`,
      stderr: overrideNotice(dev.apiUrl),
    });
    expect((await send(url)).json<Echo>().environment).toMatchObject({
      TEST_A: '1',
      TEST_B: '2',
      SESSION_BACKEND_ID: id,
      SESSION_BACKEND_KEY: 'doc-1',
    });
    expect((await send(`${dev.apiUrl}/v2/backend/${id}`)).json()).toMatchObject({ environment_name: 'staging' });
    expect(await end(dev, id)).toMatchObject({ termination_reason: 'swept' });
    expect((await send(statusUrl)).json()).toMatchObject({ state: 'Swept', backend: id });
  });

  describe('logs', () => {
    test('follow output in any script until the backend ends, and show it afterwards', async () => {
      const { client } = await startLoggedIn();
      const { 'backend id': id = '', 'backend url': url } = fieldsOf((await client.run('connect', 'default')).stdout);
      const run = client.start('logs', id);
      await waitFor(() => run.stdout().includes(`listening as ${id}\n`), 'the first line');
      for (const text of ['größe 🦊 結合', '  two spaces, an empty line\n\ndata: no event']) {
        await send(`${url}print?text=${encodeURIComponent(text)}`);
        await waitFor(() => run.stdout().endsWith(`${text}\n`), text);
      }
      expect((await client.run('terminate', id)).code).toBe(0);
      expect(await run.exit).toBe(0);
      const all = `${REMINDER}listening as ${id}\ngröße 🦊 結合\n  two spaces, an empty line\n\ndata: no event\n`;
      expect(run.stdout()).toBe(all);
      expect((await client.run('backend', 'logs', id)).stdout).toBe(all);
    });

    test('fail for an unknown backend', async () => {
      const { client } = await startLoggedIn();
      const { code, stdout, stderr } = await client.run('logs', 'nosuchbackend1');
      expect({ code, stdout }).toEqual({ code: 1, stdout: REMINDER });
      expect(stderr).toContain('There is no backend "nosuchbackend1".');
      expect(stderr).toContain('Code: BackendNotFound');
    });
  });

  describe('backend info', () => {
    const status = (text: string) => expect.stringMatching(new RegExp(`^${TIME}  ${text}$`));

    test('shows a running backend line by line', async () => {
      const { dev, client } = await startLoggedIn();
      const connected = fieldsOf((await client.run('connect', 'chat/staging', '-k', 'doc-1')).stdout);
      const id = connected['backend id'] ?? '';
      await send(connected['backend url'] ?? '');
      const { code, stdout, stderr } = await client.run('backend', 'info', id);
      expect({ code, stderr }).toEqual({ code: 0, stderr: overrideNotice(dev.apiUrl) });
      expect(timeless(stdout).split('\n')).toEqual([
        `Info for backend: ${id}`,
        expect.stringMatching(new RegExp(`^created: {6}${TIME} \\(a moment ago\\)$`)),
        'service:      chat',
        'account:      local',
        'cluster:      localhost',
        'image digest: build-1',
        'key:          doc-1',
        'environment:  staging',
        ...(/^mem usage: .*$/m.exec(stdout) ?? []),
        `dashboard:    https://app.localhost/backend/${id}`,
        '',
        'Statuses:',
        status('scheduled '),
        status('loading '),
        status('starting '),
        status('waiting '),
        status('ready '),
        '',
      ]);
    });

    test('shows how backends ended, with their exit codes', async () => {
      const { dev, client } = await startLoggedIn();
      const connect = async () => fieldsOf((await client.run('connect', 'default')).stdout);
      const [crashed, ended] = [await connect(), await connect()];
      await send(ended['backend url'] ?? '');
      await send(`${crashed['backend url']}crash?code=7`).catch(() => undefined);
      await client.run('terminate', '-f', ended['backend id'] ?? '');
      await Promise.all([end(dev, crashed['backend id']), end(dev, ended['backend id'])]);
      const statusesOf = async (id = '') =>
        (await client.run('backend', 'info', id)).stdout.split('Statuses:\n')[1]?.trimEnd().split('\n') ?? [];
      expect((await statusesOf(crashed['backend id'])).slice(4)).toEqual([
        status('ready '),
        status(String.raw`terminated \(reason: none, kind: none, exit code: 7\)`),
      ]);
      expect((await statusesOf(ended['backend id'])).slice(4)).toEqual([
        status('ready '),
        status(String.raw`hard-terminating \(reason: external\)`),
        status(String.raw`terminated \(reason: external, kind: hard, exit code: 137\)`),
      ]);
    });

    test('fails for an unknown backend', async () => {
      const { client } = await startLoggedIn();
      const { code, stderr } = await client.run('backend', 'info', 'nosuchbackend1');
      expect(code).toBe(1);
      expect(stderr).toMatch(/404 - BackendNotFound: There is no backend "nosuchbackend1"\./);
    });
  });

  test('backend list shows running backends, and says when there are none', async () => {
    const { dev, client } = await startLoggedIn();
    expect(await client.run('backend', 'list')).toEqual({
      code: 0,
      stdout: 'No running backends found.\n\n',
      stderr: overrideNotice(dev.apiUrl),
    });
    const connect = async (...args: string[]) => fieldsOf((await client.run('connect', ...args)).stdout);
    const [doc, chat] = [await connect('default', '-k', 'doc-1'), await connect('chat', '-k', 'room 7')];
    await Promise.all([doc, chat].map((each) => send(each['backend url'] ?? '')));
    const row = (id: string | undefined, service: string, key: string) => ({
      ID: id,
      Created: 'a moment ago',
      Account: 'local',
      Service: service,
      Status: 'ready (a moment)',
      'Key (aka Lock)': key,
    });
    const list = async () => (await client.run('backend', 'list')).stdout;
    const shown = (stdout: string) =>
      rowsOf(stdout).map((row) => ({
        ...row,
        Created: timeless(row.Created ?? ''),
        Status: timeless(row.Status ?? ''),
      }));
    const both = await list();
    expect(both).toMatch(/^\nFound the following running backends:\n/);
    expect(shown(both)).toEqual([
      row(doc['backend id'], 'default', 'doc-1'),
      row(chat['backend id'], 'chat', 'room 7'),
    ]);
    await client.run('terminate', '-f', doc['backend id'] ?? '');
    await end(dev, doc['backend id']);
    expect(shown(await list())).toEqual([row(chat['backend id'], 'chat', 'room 7')]);
  });

  describe('terminate', () => {
    const requested = (id: string) => `Termination requested for backend: ${id}\n`;

    test('ends softly by default, with time to save, and at once with -f', async () => {
      const { dev, client, connect } = await startSaving();
      const [soft, hard] = [await connect(), await connect()];
      expect(await client.run('backend', 'terminate', soft)).toEqual({
        code: 0,
        stdout: requested(soft),
        stderr: overrideNotice(dev.apiUrl),
      });
      expect(await end(dev, soft)).toMatchObject({
        termination_reason: 'external',
        termination_kind: 'soft',
        exit_error: false,
      });
      expect((await client.run('logs', soft)).stdout).toBe(`${REMINDER}saving\n`);
      expect(await client.run('terminate', hard, '--force')).toMatchObject({ code: 0, stdout: requested(hard) });
      expect(await end(dev, hard)).toMatchObject({
        termination_reason: 'external',
        termination_kind: 'hard',
        exit_error: true,
      });
      expect((await client.run('logs', hard)).stdout).toBe(REMINDER);
    });

    test('accepts several backends in one call, one of which has already ended', async () => {
      const { dev, client, connect } = await startSaving();
      const [first, dead, last] = [await connect(), await connect(), await connect()];
      await client.run('terminate', dead);
      await end(dev, dead);
      const { code, stdout, stderr } = await client.run('terminate', first, dead, last);
      expect({ code, stdout }).toEqual({ code: 0, stdout: requested(first) + requested(last) });
      expect(stderr).toContain(`Warning: Backend ${dead} has already terminated. Skipping...`);
      await Promise.all([end(dev, first), end(dev, last)]);
    });

    test('fails for an unknown backend', async () => {
      const { client } = await startSaving();
      const { code, stdout, stderr } = await client.run('terminate', 'nosuchbackend1');
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain('Failed to request termination for backend: nosuchbackend1.');
    });
  });
});
