import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type DevRun, runCli, startCli, startDev } from '../support/cli.js';
import { AGE, DURATION, PHASE } from '../support/durations.js';
import { send } from '../support/http.js';
import { fixture, makeProject, makeTempFolder } from '../support/project.js';
import { waitFor } from '../support/wait.js';

const ECHO = `node ${fixture('echo-server.mjs')}`;
const STOPPED = 'terminated (the dev server is stopping; SIGTERM, exit code 143)';
const COMMANDS = ['dev', 'spawn', 'connect', 'logs', 'list', 'status', 'terminate', 'doctor'];

async function startEcho(): Promise<DevRun> {
  return startDev(makeProject({ 'package.json': { scripts: { start: ECHO } } }));
}

describe('spawn and connect', () => {
  test('spawn prints the v1 dev-style spawn result: exactly these keys, in this order', async () => {
    const dev = await startEcho();
    const { code, stdout } = await runCli(['spawn', '--key', 'doc-1'], { cwd: dev.folder });
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    const token = result.url.split('/')[3];
    expect(stdout).toBe(
      `${JSON.stringify(
        {
          name: expect.stringMatching(/^[a-z][a-z0-9]{13}$/) && result.name,
          spawned: true,
          url: `${dev.proxyUrl}/${token}/`,
          status_url: `${dev.apiUrl}/backend/${result.name}/status`,
          ready_url: '',
          status: 'Loading',
        },
        null,
        2,
      )}\n`,
    );
    expect(result.name).toMatch(/^[a-z][a-z0-9]{13}$/);
    expect((await send(result.url)).status).toBe(200);
    const again = await runCli(['spawn', '-k', 'doc-1', '--json'], { cwd: dev.folder });
    expect(again.stdout.trim()).not.toContain('\n');
    expect(JSON.parse(again.stdout)).toMatchObject({ name: result.name, spawned: false, status: 'Ready' });
  });

  test('connect prints the v2 response and passes on every option', async () => {
    const dev = await startEcho();
    const args = ['connect', 'chat/staging', '-k', 'room', '-e', 'TEST_A=1', '-e', 'TEST_B=x=y', '-u', 'ann'];
    const more = ['-a', '{"role":"editor"}', '-i', '10m', '-l', '3600', '-t', 'latest', '--wait'];
    const { code, stdout } = await runCli([...args, ...more], { cwd: dev.folder });
    expect(code).toBe(0);
    const response = JSON.parse(stdout);
    expect(Object.keys(response)).toEqual([
      'backend_id',
      'spawned',
      'status',
      'token',
      'url',
      'secret_token',
      'status_url',
      'ready_url',
    ]);
    expect(response.status).toBe('ready');
    const echo = (await send(response.url)).json();
    expect(echo).toMatchObject({
      environment: { TEST_A: '1', TEST_B: 'x=y', JAMSOCKET_SERVICE: 'chat', SESSION_BACKEND_KEY: 'room' },
      headers: { 'x-verified-username': 'ann', 'x-verified-user-data': '{"role":"editor"}' },
    });
    const info = (await send(`${dev.apiUrl}/v2/backend/${response.backend_id}`)).json();
    expect(info).toMatchObject({ service_name: 'chat', environment_name: 'staging' });
  });

  test('-i ends an idle backend, and -l ends any backend', async () => {
    const dev = await startEcho();
    await runCli(['spawn', '-k', 'idle', '-i', '1'], { cwd: dev.folder });
    await runCli(['spawn', '-k', 'old', '-l', '1'], { cwd: dev.folder });
    await waitFor(() => (dev.stdout().match(/terminating \(swept: /g) ?? []).length === 2, 'both to be swept');
  });

  test('--no-spawn finds a running backend but starts none', async () => {
    const dev = await startEcho();
    const none = await runCli(['connect', '-k', 'k', '--no-spawn'], { cwd: dev.folder });
    expect(none).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('No running backend') });
    await runCli(['spawn', '-k', 'k'], { cwd: dev.folder });
    expect((await runCli(['connect', '-k', 'k', '--no-spawn'], { cwd: dev.folder })).code).toBe(0);
  });

  test('--wait exits 1 with the reason and the last lines when the backend can never become ready', async () => {
    const dev = await startDev(makeTempFolder(), ['--command', `node ${fixture('print.mjs')} last-words`]);
    const { code, stdout, stderr } = await runCli(['spawn', '--wait'], { cwd: dev.folder });
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('did not become ready');
    expect(stderr).toContain('no newline at the end');
  });

  test('--wait prints nothing when a signal ends it, and exits with the signal’s code', async () => {
    const dev = await startDev(makeTempFolder(), ['--command', 'sleep 60']);
    const run = startCli(['spawn', '-k', 'k', '--wait'], { cwd: dev.folder });
    await waitFor(() => dev.stdout().includes('waiting'), 'the backend to be waited for');
    run.process.kill('SIGINT');
    expect(await run.exit).toBe(130);
    expect(run.stdout()).toBe('');
  });

  test('--open opens the connection URL with the system’s opener', async () => {
    const dev = await startEcho();
    const bin = makeTempFolder();
    for (const name of ['open', 'xdg-open']) {
      writeFileSync(join(bin, name), `#!/bin/sh\necho "$1" > ${bin}/opened\n`, { mode: 0o755 });
    }
    const env = { PATH: `${bin}:${process.env.PATH}` };
    const { stdout } = await runCli(['spawn', '--open'], { cwd: dev.folder, env });
    await waitFor(
      () => existsSync(join(bin, 'opened')) && readFileSync(join(bin, 'opened'), 'utf8') !== '',
      'the opener',
    );
    expect(readFileSync(join(bin, 'opened'), 'utf8').trim()).toBe(JSON.parse(stdout).url);
  });
});

describe('logs', () => {
  test('prints the output so far, then live output, until the backend ends', async () => {
    const dev = await startEcho();
    const { stdout } = await runCli(['spawn', '-k', 'doc'], { cwd: dev.folder });
    const { url, name } = JSON.parse(stdout);
    await send(`${url}print?text=before`);
    const follow = startCli(['logs', 'doc'], { cwd: dev.folder });
    await waitFor(() => follow.stdout().includes('before\n'), 'the lines so far');
    await send(`${url}print?text=live`);
    await waitFor(() => follow.stdout().includes('live\n'), 'the live line');
    await send(`${url}crash`).catch(() => undefined);
    expect(await follow.exit).toBe(0);
    const end = 'terminated (crashed: exit code 3)';
    expect(follow.stdout()).toBe(`listening as ${name}\nbefore\nlive\nabout to crash\njamdev: ${end}\n`);

    const tail = await runCli(['logs', name, '--tail', '2', '--timestamps'], { cwd: dev.folder });
    expect(tail.stdout).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z live\n\d{4}-\S+ about to crash\n\d{4}-\S+ jamdev: terminated /,
    );
    const json = await runCli(['logs', 'doc', '--json', '--tail', '1'], { cwd: dev.folder });
    const owner = { time: expect.any(String), backend: name, service: 'default', key: 'doc', key_given: true };
    expect(
      json.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { ...owner, source: 'stderr', text: 'about to crash' },
      { ...owner, source: 'jamdev', text: end, end: true },
    ]);
  });

  test('of all backends prefixes each line with its key and follows new backends until Ctrl-C', async () => {
    const dev = await startEcho();
    await runCli(['spawn', '-k', 'one', '--wait'], { cwd: dev.folder });
    const follow = startCli(['logs'], { cwd: dev.folder });
    await waitFor(() => follow.stdout().includes('one | listening'), 'the lines so far');
    await runCli(['spawn', '-k', 'two', '--wait'], { cwd: dev.folder });
    await waitFor(() => follow.stdout().includes('two | listening'), 'the new backend');
    follow.process.kill('SIGINT');
    expect(await follow.exit).toBe(0);
    const noFollow = await runCli(['logs', '--no-follow'], { cwd: dev.folder });
    expect(noFollow.stdout).toBe(follow.stdout());
  });

  test('labels a backend without a key with its id, as dev does', async () => {
    const dev = await startEcho();
    const { name } = JSON.parse((await runCli(['spawn', '--wait'], { cwd: dev.folder })).stdout);
    await waitFor(() => dev.stdout().includes(`${name} | listening`), 'the output');
    const logs = await runCli(['logs', '--no-follow'], { cwd: dev.folder });
    expect(logs.stdout).toBe(`${name} | listening as ${name}\n`);
    dev.process.kill('SIGINT');
    await dev.exit;
    const end = `${name} | jamdev: ${STOPPED}\n`;
    expect((await runCli(['logs'], { cwd: dev.folder })).stdout).toBe(`${logs.stdout}${end}`);
  });

  test('shows a backend of an earlier dev server, whether or not the next one is running', async () => {
    const dev = await startEcho();
    const { stdout } = await runCli(['spawn', '-k', 'doc', '--wait'], { cwd: dev.folder });
    const { name } = JSON.parse(stdout);
    dev.process.kill('SIGINT');
    await dev.exit;
    const without = await runCli(['logs', 'doc'], { cwd: dev.folder });
    const log = `listening as ${name}\njamdev: ${STOPPED}\n`;
    expect(without).toMatchObject({ code: 0, stdout: log });
    expect(without.stderr).toContain('No dev server is running');
    await startDev(dev.folder);
    const next = await runCli(['logs', 'doc'], { cwd: dev.folder });
    expect(next).toMatchObject({ code: 0, stdout: log, stderr: '' });
    const unknown = await runCli(['logs', 'nobody'], { cwd: dev.folder });
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('"nobody"') });
  });

  test('exits quietly when its reader closes the pipe', async () => {
    const dev = await startDev(makeTempFolder(), ['--command', `node ${fixture('print.mjs')} flood 3`]);
    await runCli(['spawn', '-k', 'k'], { cwd: dev.folder });
    await waitFor(() => dev.stdout().includes('the last line of the flood'), 'the flood');
    const follow = startCli(['logs', 'k'], { cwd: dev.folder });
    follow.process.stdout?.once('data', () => follow.process.stdout?.destroy());
    expect(await follow.exit).toBe(0);
    expect(follow.stderr()).toBe('');
  });
});

describe('list, status and terminate', () => {
  test('a key with a line break cannot fake another line in the list or in logs', async () => {
    const dev = await startEcho();
    const key = 'doc\nzzz | fake';
    await runCli(['connect', '--key', key], { cwd: dev.folder });
    await waitFor(async () => (await runCli(['logs', '--no-follow'], { cwd: dev.folder })).stdout !== '', 'output');
    const { stdout: list } = await runCli(['list'], { cwd: dev.folder });
    expect(list.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^ID/),
      expect.stringContaining('doc zzz | fake'),
      expect.stringMatching(/^State folder: /),
    ]);
    const { stdout: logs } = await runCli(['logs', '--no-follow'], { cwd: dev.folder });
    expect(logs).toMatch(/^doc zzz \| fake \| listening as /);
  });

  test('list shows what is running, for people and for programs', async () => {
    const dev = await startEcho();
    expect((await runCli(['list'], { cwd: dev.folder })).stdout).toContain('No backends are running');
    const { name } = JSON.parse((await runCli(['spawn', '-k', 'doc', '--wait'], { cwd: dev.folder })).stdout);
    const { stdout } = await runCli(['list'], { cwd: dev.folder });
    expect(stdout).toMatch(/^ID +KEY +SERVICE +STATUS +AGE +CONNECTIONS +MEMORY\n/);
    expect(stdout).toMatch(new RegExp(`${name} +doc +default +ready +${AGE} +0 +\\d+ MiB\n`));
    await runCli(['terminate', 'doc', '--force'], { cwd: dev.folder });
    await waitFor(
      async () => JSON.parse((await runCli(['list', '--json'], { cwd: dev.folder })).stdout).length === 0,
      'the end',
    );
    const all = JSON.parse((await runCli(['list', '--all', '--json'], { cwd: dev.folder })).stdout);
    expect(all).toMatchObject([{ id: name, key: 'doc', status: { status: 'terminated' }, memory: null }]);
    expect((await runCli(['list', '--all'], { cwd: dev.folder })).stdout).toMatch(
      new RegExp(String.raw` terminated +${AGE} +0 +-\nState folder: .+\n$`),
    );
  });

  test('status finds a backend by id or key, and --watch follows it until it ends', async () => {
    const dev = await startEcho();
    const { name } = JSON.parse((await runCli(['spawn', '-k', 'doc', '--wait'], { cwd: dev.folder })).stdout);
    for (const which of [name, 'doc']) {
      const { stdout } = await runCli(['status', which, '--json'], { cwd: dev.folder });
      expect(JSON.parse(stdout)).toMatchObject({ status: 'ready' });
    }
    const watch = startCli(['status', 'doc', '--watch'], { cwd: dev.folder });
    await waitFor(() => watch.stdout().includes('ready'), 'the statuses so far');
    const ended = await runCli(['terminate', 'doc'], { cwd: dev.folder });
    expect(ended).toMatchObject({ code: 0, stdout: `Ending ${name} (key doc).\n` });
    expect(await watch.exit).toBe(0);
    expect(watch.stdout()).toMatch(/terminated \(on request; exit code \d+\)\n$/);
  });

  test('status shows how long it took to get ready, and the exit code once it has ended', async () => {
    const dev = await startEcho();
    const { url } = JSON.parse((await runCli(['spawn', '-k', 'doc', '--wait'], { cwd: dev.folder })).stdout);
    const phases = `${DURATION}: scheduled ${DURATION}, loading ${PHASE}, starting ${PHASE}, waiting ${PHASE}(?:; warm start)?`;
    const ready = await runCli(['status', 'doc'], { cwd: dev.folder });
    expect(ready.stdout).toMatch(new RegExp(`^\\S+Z  ready \\(${phases}\\)\n$`));
    const watch = startCli(['status', 'doc', '--watch'], { cwd: dev.folder });
    await waitFor(() => new RegExp(`  ready \\(${phases}\\)\n`).test(watch.stdout()), 'the statuses so far');
    await send(`${url}crash?code=9`).catch(() => undefined);
    expect(await watch.exit).toBe(0);
    expect(watch.stdout()).toMatch(/ {2}terminated \(crashed: exit code 9\)\n$/);
    const ended = await runCli(['status', 'doc'], { cwd: dev.folder });
    expect(ended.stdout).toMatch(new RegExp(`^\\S+Z  terminated \\(crashed: exit code 9\\), ready after ${phases}\n$`));
    const json = await runCli(['status', 'doc', '--json'], { cwd: dev.folder });
    expect(JSON.parse(json.stdout)).toEqual({ status: 'terminated', time: expect.any(String), exit_error: true });
  });

  test('terminate continues past an unknown backend and exits 1', async () => {
    const dev = await startEcho();
    await runCli(['spawn', '-k', 'a', '--wait'], { cwd: dev.folder });
    const { code, stdout, stderr } = await runCli(['terminate', 'nobody', 'a'], { cwd: dev.folder });
    expect(code).toBe(1);
    expect(stdout).toContain('(key a)');
    expect(stderr).toMatch(/^jamdev: There is no backend .*"nobody"/);
    await waitFor(() => / terminated \(/.test(dev.stdout()), 'the end of a');
    const dead = await runCli(['terminate', 'a', '--json'], { cwd: dev.folder });
    expect(JSON.parse(dead.stdout)).toMatchObject({ backend: 'a', status: 'error', code: 'BackendNotRunning' });
  });

  test('terminate --all ends every backend', async () => {
    const dev = await startEcho();
    await Promise.all(['a', 'b'].map((key) => runCli(['spawn', '-k', key, '--wait'], { cwd: dev.folder })));
    const { stdout } = await runCli(['terminate', '--all'], { cwd: dev.folder });
    expect(stdout.split('\n').slice(0, -1)).toHaveLength(2);
    await waitFor(() => (dev.stdout().match(/ terminated \(/g) ?? []).length === 2, 'the end of both');
  });
});

describe('finding the dev server', () => {
  test('works from any folder in the project, with --api and with JAMDEV_API_URL', async () => {
    const dev = await startEcho();
    const deep = join(dev.folder, 'src', 'deep');
    mkdirSync(deep, { recursive: true });
    expect((await runCli(['list'], { cwd: deep })).code).toBe(0);
    const elsewhere = makeTempFolder();
    expect((await runCli(['list', '--api', `${dev.apiUrl}/`], { cwd: elsewhere })).code).toBe(0);
    expect((await runCli(['list'], { cwd: elsewhere, env: { JAMDEV_API_URL: dev.apiUrl } })).code).toBe(0);
  });

  test('without a dev server, every command says in one sentence what to run', async () => {
    const cwd = makeTempFolder();
    for (const args of [['spawn'], ['connect'], ['list'], ['status', 'x'], ['terminate', 'x'], ['logs']]) {
      const { code, stdout, stderr } = await runCli(args, { cwd });
      expect({ args, code, stdout }).toEqual({ args, code: 1, stdout: '' });
      expect(stderr).toMatch(/jamdev\.js dev FOLDER$/m);
    }
  });

  test('names an address that does not answer or is not a jamdev URL', async () => {
    const cwd = makeTempFolder();
    const silent = await runCli(['list', '--api', 'http://127.0.0.1:1'], { cwd });
    expect(silent).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('http://127.0.0.1:1 does not answer (ECONNREFUSED)'),
    });
    const nonsense = await runCli(['list', '--api', 'localhost'], { cwd });
    expect(nonsense).toMatchObject({ code: 2, stderr: expect.stringContaining('not the URL of a dev server') });
  });
});

describe('usage', () => {
  test.each(COMMANDS)('%s --help has examples and exits 0', async (command) => {
    const { code, stdout } = await runCli([command, '--help'], { cwd: makeTempFolder() });
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: jamdev ${command}`);
    expect(stdout).toContain('Examples:\n  jamdev ');
    expect(stdout).toContain('--json');
  });

  const mistakes: [args: string[], says: string][] = [
    [['spwan'], "unknown command 'spwan'"],
    [['spawn', '--kye', 'x'], "unknown option '--kye'"],
    [['spawn', '--key', ''], 'The key is empty'],
    [['spawn', '--key', 'x'.repeat(129)], '129 characters'],
    [['spawn', '-e', 'NOVALUE'], 'NAME=value'],
    [['spawn', '-e', 'PORT=1'], '"PORT"'],
    [['spawn', '-a', '[1]'], 'JSON object'],
    [['spawn', '-i', 'soon'], 'not "soon"'],
    [['spawn', '-l', '-5'], 'not "-5"'],
    [['spawn', 'a/b/c'], '"a/b/c" is not a service'],
    [['connect', '--no-spawn'], '--no-spawn needs a key'],
    [['status'], 'missing required argument'],
    [['terminate'], 'Pass either the backends to end, or --all'],
    [['terminate', 'a', '--all'], 'or --all'],
    [['logs', '--tail', 'few'], 'not "few"'],
  ];
  test.each(mistakes)('jamdev %j exits 2', async (args, says) => {
    const { code, stdout, stderr } = await runCli(args, { cwd: makeTempFolder() });
    expect(stderr).toContain(says);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test.each([
    ['help nosuch', 2, "error: unknown command 'nosuch'"],
    ['help spwan', 2, '(Did you mean spawn?)'],
    ['help help', 0, 'Usage: jamdev [options] [command]'],
    ['help list', 0, 'Usage: jamdev list'],
  ])('jamdev %s', async (line, code, says) => {
    const run = await runCli(line.split(' '), { cwd: makeTempFolder() });
    expect(run.code).toBe(code);
    expect(run.stdout + run.stderr).toContain(says);
  });

  test('jamdev alone prints its help', async () => {
    const { stdout, stderr } = await runCli([], { cwd: makeTempFolder() });
    expect(stdout + stderr).toContain('Usage: jamdev');
  });
});
