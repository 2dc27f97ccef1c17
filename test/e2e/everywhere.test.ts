import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ServerRecordFile } from '../../src/records/server-records.js';
import { createStateFolder } from '../../src/records/state-folder.js';
import { type DevRun, runCli, startCli, startDev } from '../support/cli.js';
import { AGE } from '../support/durations.js';
import { post, send } from '../support/http.js';
import { fixture, makeTempFolder } from '../support/project.js';
import { recordOf } from '../support/server-record.js';
import { useStateHome } from '../support/state-home.js';
import { waitFor } from '../support/wait.js';

const ECHO = `node ${fixture('echo-server.mjs')}`;

/** One user of this machine, with a state home and projects. */
class User {
  readonly state = makeTempFolder();
  readonly #projects = makeTempFolder();
  /** A folder outside all projects. */
  readonly elsewhere = makeTempFolder();

  folder(name: string): string {
    const folder = join(this.#projects, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  startDev(name: string): Promise<DevRun> {
    return startDev(this.folder(name), ['--command', ECHO], { env: this.env });
  }

  run(...args: string[]) {
    return runCli(args, { cwd: this.elsewhere, env: this.env });
  }

  start(...args: string[]) {
    return startCli(args, { cwd: this.elsewhere, env: this.env });
  }

  async spawn(dev: DevRun, key: string): Promise<{ name: string; url: string }> {
    const answer = await post(`${dev.apiUrl}/v2/service/-/-/connect`, { key });
    const { backend_id: name, url } = answer.json<{ backend_id: string; url: string }>();
    // The proxy answers once the backend is ready.
    await send(url);
    return { name, url };
  }

  get env(): NodeJS.ProcessEnv {
    return { XDG_STATE_HOME: this.state, HOME: this.#projects };
  }

  get registered(): string[] {
    const projects = join(this.state, 'jamdev', 'projects');
    return readdirSync(projects).flatMap((name) => {
      const servers = join(projects, name, 'servers');
      return existsSync(servers) ? readdirSync(servers).filter((file) => file.endsWith('.json')) : [];
    });
  }
}

// Starts several dev servers and many commands in each test.
describe('list --everywhere', () => {
  test('shows the backends of all dev servers, with their projects, from any folder', async () => {
    const user = new User();
    expect(await user.run('list', '--everywhere')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^No dev servers are running/),
    });
    expect((await user.run('list', '--everywhere', '--json')).stdout).toBe('{"servers":[],"backends":[]}\n');
    const [app, game] = await Promise.all([user.startDev('app'), user.startDev('games/game')]);
    // Dev servers without backends are listed too, with their ports.
    const idle = (await user.run('list', '--everywhere')).stdout.split('\n');
    expect(idle.slice(0, 2)).toEqual(['No backends are running.', '']);
    expect(idle[2]).toMatch(/^DEV SERVER +API +PROXY +PID +BACKENDS$/);
    for (const [index, dev] of [app, game].entries()) {
      expect(idle[3 + index]).toContain(`${dev.apiUrl}  ${dev.proxyUrl}  ${dev.process.pid}`);
    }
    const listed = async (...args: string[]) =>
      JSON.parse((await user.run('list', '--everywhere', '--json', ...args)).stdout);
    const servers = [app, game].map((dev) => ({
      project: dev.folder,
      api_url: dev.apiUrl,
      proxy_url: dev.proxyUrl,
      pid: dev.process.pid,
      started_at: expect.stringMatching(/^\d{4}-.*Z$/),
      running_backends: 0,
    }));
    expect(await listed()).toEqual({ servers, backends: [] });
    const a = await user.spawn(app, 'doc-1');
    const b = await user.spawn(game, 'level-1');
    const { code, stdout } = await user.run('list', '--everywhere');
    expect(code).toBe(0);
    const [head, first, second] = stdout.split('\n');
    expect(head).toMatch(/^ID +KEY +SERVICE +STATUS +AGE +CONNECTIONS +MEMORY +PROJECT$/);
    expect(first).toMatch(new RegExp(`^${a.name} +doc-1 +default +ready +${AGE} +0 +(-|\\S+ \\S+) +~/app$`));
    expect(second).toMatch(new RegExp(`^${b.name} +level-1 +default +ready +${AGE} +0 +(-|\\S+ \\S+) +~/games/game$`));
    expect(await listed()).toMatchObject({
      servers: servers.map((server) => ({ ...server, running_backends: 1 })),
      backends: [
        { id: a.name, project: app.folder, api_url: app.apiUrl, proxy_url: app.proxyUrl },
        { id: b.name, project: game.folder, api_url: game.apiUrl, proxy_url: game.proxyUrl },
      ],
    });
    await user.run('terminate', b.name, '--force', '--everywhere');
    await waitFor(async () => (await listed()).backends.length === 1, 'the end of one');
    const rest = await listed('--all');
    expect(rest.backends).toHaveLength(2);
    expect(rest.servers).toMatchObject([{ running_backends: 1 }, { running_backends: 0 }]);
    // Without the option, the folder decides as usual.
    expect((await runCli(['list'], { cwd: app.folder, env: user.env })).stdout).not.toContain('level-1');
  });

  test('includes jamdev exec, and drops dev servers that have stopped or were killed', async () => {
    const user = new User();
    const app = await user.startDev('app');
    const killed = await user.startDev('killed');
    const exec = startCli(['exec', '--command', ECHO, '--', 'sleep', '60'], {
      cwd: user.folder('exec'),
      env: user.env,
    });
    await waitFor(() => user.registered.length === 3, 'all three');
    killed.process.kill('SIGKILL');
    await killed.exit;
    exec.process.kill('SIGTERM');
    expect(await exec.exit).toBe(143);
    const { stdout, stderr } = await user.run('list', '--everywhere');
    expect(stdout).toMatch(/^No backends are running\.\n\nDEV SERVER .*\n~\/app .* 0\n$/);
    expect(stderr).toBe('');
    app.process.kill('SIGINT');
    await app.exit;
    // The record of the killed dev server stays: the next start in its folder uses it to find leftovers.
    expect(user.registered).toHaveLength(1);
  });

  test.each(['list', 'list --json', 'logs', 'terminate doc-1', 'terminate --all'])(
    '%s: does not say that nothing runs when no running dev server answers',
    async (line) => {
      const user = new User();
      const silent = createServer(({ socket }) => socket.destroy()).listen(0, '127.0.0.1');
      await new Promise((resolve) => silent.once('listening', resolve));
      onTestFinished(() => void silent.close());
      const { port } = silent.address() as { port: number };
      const project = user.folder('silent');
      const record = await recordOf(project, { runId: 'silent', apiUrl: `http://127.0.0.1:${port}` });
      useStateHome(user.state);
      new ServerRecordFile(createStateFolder(project), 'silent').write(record);
      const { code, stdout, stderr } = await user.run(...line.split(' '), '--everywhere');
      expect(code).toBe(1);
      expect(stdout).toBe(line.endsWith('--json') ? '{"servers":[],"backends":[]}\n' : '');
      expect(stderr).toContain(`${project}: The dev server at http://127.0.0.1:${port} does not answer`);
      expect(stderr).not.toContain('No dev server of this user runs');
    },
  );

  test('skips and names a dev server that hangs, and exits 1', async () => {
    const user = new User();
    const app = await user.startDev('app');
    const { name } = await user.spawn(app, 'doc-1');
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    onTestFinished(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const { port } = silent.address() as { port: number };
    const project = user.folder('hangs');
    const record = await recordOf(project, { runId: 'hangs', apiUrl: `http://127.0.0.1:${port}` });
    useStateHome(user.state);
    new ServerRecordFile(createStateFolder(project), 'hangs').write(record);
    const { code, stdout, stderr } = await user.run('list', '--everywhere');
    expect(code).toBe(1);
    expect(stdout).toContain(name);
    expect(stderr).toContain(
      `${project}: The dev server at http://127.0.0.1:${port} does not answer (no answer within`,
    );
  });

  test('rejects --api', async () => {
    const { code, stderr } = await new User().run('list', '--everywhere', '--api', 'http://localhost:1');
    expect(code).toBe(2);
    expect(stderr).toContain('--everywhere');
  });
});

describe('logs --everywhere', () => {
  test('merges all logs in time order, each line with its project and key, followed by live output', async () => {
    const user = new User();
    const [app, game] = await Promise.all([user.startDev('app'), user.startDev('game')]);
    const a = await user.spawn(app, 'doc');
    const b = await user.spawn(game, 'level');
    for (const [url, text] of [
      [a.url, 'one'],
      [b.url, 'two'],
      [a.url, 'three'],
    ]) {
      await send(`${url}print?text=${text}`);
    }
    const past = ['one', 'two', 'three']
      .map((text) => `${text === 'two' ? 'game level' : 'app doc'} | ${text}\n`)
      .join('');
    await waitFor(
      async () => (await user.run('logs', '--everywhere', '--no-follow')).stdout.endsWith(past),
      'the past',
    );

    const follow = user.start('logs', '--everywhere');
    await waitFor(() => follow.stdout().endsWith(past), 'the lines so far');
    await send(`${b.url}print?text=live`);
    await waitFor(() => follow.stdout().endsWith('game level | live\n'), 'the live line');
    game.process.kill('SIGINT');
    await waitFor(() => follow.stderr().includes(`The dev server for ${game.folder} has stopped.`), 'the remark');
    await send(`${a.url}print?text=after`);
    await waitFor(() => follow.stdout().endsWith('app doc | after\n'), 'the line after');
    follow.process.kill('SIGINT');
    expect(await follow.exit).toBe(0);

    const json = await user.run('logs', '--everywhere', '--no-follow', '--json', '--tail', '1');
    expect(JSON.parse(json.stdout)).toMatchObject({ key: 'doc', text: 'after', project: app.folder });
  });

  test('finds one backend by id, or those of all projects by key', async () => {
    const user = new User();
    const [one, two] = await Promise.all([user.startDev('one/app'), user.startDev('two/app')]);
    const a = await user.spawn(one, 'doc');
    const b = await user.spawn(two, 'doc');
    const byId = await user.run('logs', a.name, '--everywhere', '--no-follow');
    expect(byId).toMatchObject({ code: 0, stdout: `listening as ${a.name}\n` });
    const byKey = await user.run('logs', 'doc', '--everywhere', '--no-follow');
    expect(byKey.stdout.split('\n').sort()).toEqual([
      '',
      `one/app | listening as ${a.name}`,
      `two/app | listening as ${b.name}`,
    ]);
    expect(await user.run('logs', 'nobody', '--everywhere')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/"nobody"/),
    });
  });

  test('finds a backend of an earlier run while a dev server runs in its project, and otherwise says why not', async () => {
    const user = new User();
    const app = await user.startDev('app');
    const { name } = await user.spawn(app, 'doc');
    app.process.kill('SIGINT');
    await app.exit;
    expect(await user.run('logs', 'doc', '--everywhere')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/No dev server of this user/),
    });
    await user.startDev('app');
    const { stdout } = await user.run('logs', 'doc', '--everywhere');
    const end = 'terminated (the dev server is stopping; SIGTERM, exit code 143)';
    expect(stdout).toBe(`listening as ${name}\njamdev: ${end}\n`);
  });
});

describe('terminate --everywhere', () => {
  test('ends by id or key, and refuses a key that several projects use', async () => {
    const user = new User();
    const [app, game] = await Promise.all([user.startDev('app'), user.startDev('game')]);
    const a = await user.spawn(app, 'doc');
    const b = await user.spawn(game, 'doc');
    const c = await user.spawn(game, 'level');
    const unclear = await user.run('terminate', 'doc', 'level', '--everywhere');
    expect(unclear.code).toBe(1);
    expect(unclear.stdout).toBe(`Ending ${c.name} (key level, in ~/game).\n`);
    expect(unclear.stderr).toContain('The key "doc" is held by 2 backends');
    for (const text of [
      `${a.name} of service "default" in ${app.folder}`,
      `${b.name} of service "default" in ${game.folder}`,
    ]) {
      expect(unclear.stderr).toContain(text);
    }
    const byId = await user.run('terminate', b.name, '--everywhere', '--json');
    expect(JSON.parse(byId.stdout)).toEqual({ backend: b.name, key: 'doc', project: game.folder, status: 'ok' });
    await waitFor(() => game.stdout().match(/ terminated \(/g)?.length === 2, 'the end of both');
    // Only one backend with that key is left.
    expect(await user.run('terminate', 'doc', '--everywhere')).toMatchObject({ code: 0 });
    await waitFor(() => / terminated \(/.test(app.stdout()), 'the end of the last');
    const dead = await user.run('terminate', 'doc', 'nobody', '--everywhere');
    expect(dead).toMatchObject({ code: 1, stdout: '' });
    expect(dead.stderr).toMatch(/already terminated(.|\n)*"nobody"/);
  });

  test('--all ends the backends of every project', async () => {
    const user = new User();
    expect(await user.run('terminate', 'x', '--everywhere')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/No dev server of this user/),
    });
    const [app, game] = await Promise.all([user.startDev('app'), user.startDev('game')]);
    await Promise.all([user.spawn(app, 'doc'), user.spawn(game, 'doc')]);
    const { code, stdout } = await user.run('terminate', '--all', '--everywhere');
    expect(code).toBe(0);
    expect(stdout.split('\n').slice(0, -1)).toHaveLength(2);
    for (const dev of [app, game]) await waitFor(() => / terminated \(/.test(dev.stdout()), 'the end');
    expect((await user.run('terminate', '--all', '--everywhere')).stdout).toBe('No backends are running.\n');
  });
});

test('the next start in a folder removes the record of its killed dev server', async () => {
  const user = new User();
  const killed = await user.startDev('killed');
  const [entry] = user.registered;
  killed.process.kill('SIGKILL');
  await killed.exit;
  await user.startDev('app');
  expect(user.registered).toContain(entry);
  await user.startDev('killed');
  expect(user.registered).toHaveLength(2);
  expect(user.registered).not.toContain(entry);
});

test('an unwritable state home is reported once and stops nothing', async () => {
  const home = join(makeTempFolder(), 'file');
  writeFileSync(home, '');
  const env = { XDG_STATE_HOME: home, TMPDIR: makeTempFolder() };
  const dev = await startDev(makeTempFolder(), ['--command', ECHO], { env });
  await waitFor(() => dev.stdout().includes(`can't write its folder ${home}/jamdev`), 'the warning');
  expect((await runCli(['spawn', '--wait'], { cwd: dev.folder, env })).code).toBe(0);
  dev.process.kill('SIGINT');
  expect(await dev.exit).toBe(0);
});
