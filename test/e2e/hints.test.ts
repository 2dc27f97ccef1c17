import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { runCli, startDev, startDevOn } from '../support/cli.js';
import { findFreePort } from '../support/default-ports.js';
import { fixture, makeProject, makeTempFolder } from '../support/project.js';
import { useStateHome } from '../support/state-home.js';
import { waitFor } from '../support/wait.js';

const APP = { 'jamsocket.config.json': { command: `node ${fixture('echo-server.mjs')}`, watch: false } };

/** Runs a printed line in a shell, as a person would. */
async function type(line: string, cwd: string): Promise<string> {
  const { JAMDEV_API_URL: _, ...env } = process.env;
  return (await promisify(execFile)('sh', ['-c', line], { cwd, env })).stdout;
}

/** @returns the command printed after this text */
function printed(text: string, behind: string): string {
  const [, line = ''] = new RegExp(`${behind}[^\\n]*?((?:node|npx|cd) [^\\n)]*)`).exec(text) ?? [];
  return line;
}

test('a command without a dev server names running ones and suggests the one below', async () => {
  useStateHome(makeTempFolder());
  const root = makeProject({ 'app/jamsocket.config.json': APP['jamsocket.config.json'], 'docs/a.md': '' });
  const alone = await runCli(['list'], { cwd: root });
  expect(alone).toMatchObject({ code: 1, stdout: '' });
  expect(alone.stderr).toContain('This folder has nothing to run. To start one for a project, pass its folder: ');
  const dev = await startDev(join(root, 'app'));
  const below = await runCli(['list'], { cwd: root });
  expect(below.code).toBe(1);
  expect(below.stderr).toMatch(
    new RegExp(`No dev server runs for ${root}\\.\n.*\n +${join(root, 'app')}  ${dev.apiUrl}\n`),
  );
  expect(below.stderr).toContain(`To use the one in ${join(root, 'app')}, add: --api ${dev.apiUrl}`);
  const beside = await runCli(['status', 'doc'], { cwd: join(root, 'docs') });
  expect(beside.stderr).toContain(dev.apiUrl);
  expect(beside.stderr).toContain('To use one of them, add --api and its URL.');
  mkdirSync(join(root, 'app', 'src'));
  expect(await runCli(['list'], { cwd: join(root, 'app', 'src') })).toMatchObject({ code: 0 });
});

test('an --api that does not answer suggests the command to start a dev server there', async () => {
  const cwd = makeProject(APP);
  const port = await findFreePort();
  for (const api of [`http://localhost:${port}`, `localhost:${port}`, `127.0.0.1:${port}/`, String(port), `:${port}`]) {
    const { code, stderr } = await runCli(['list', '--api', api], { cwd });
    expect(code).toBe(1);
    expect(stderr, api).toMatch(/^jamdev: The dev server at http:\/\/(localhost|127\.0\.0\.1):\d+ does not answer/);
    expect(printed(stderr, 'Start one there with: ')).toMatch(new RegExp(` dev --port ${port}$`));
  }
  const far = await runCli(['list', '--api', `dev.invalid:${port}`], { cwd });
  expect(far.stderr).toMatch(new RegExp(`dev --host 0\\.0\\.0\\.0 --allowed-host dev\\.invalid --port ${port}\n$`));
  for (const api of ['ftp://localhost', 'a b', '']) {
    const { code, stderr } = await runCli(['list', '--api', api], { cwd, env: { JAMDEV_API_URL: api } });
    if (api !== '')
      expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('is not the URL') });
  }
  const dev = await startDevOn(cwd, ['--port', String(port), '--proxy-port', '0']);
  expect(dev.apiUrl).toBe(`http://localhost:${port}`);
  const listed = await runCli(['list', '--json', '--api', `localhost:${port}`], { cwd: makeTempFolder() });
  expect(listed).toMatchObject({ code: 0, stderr: '' });
  const byVariable = await runCli(['list', '--json'], {
    cwd: makeTempFolder(),
    env: { JAMDEV_API_URL: `localhost:${port}` },
  });
  expect(byVariable).toMatchObject({ code: 0, stderr: '' });
});

test('the hints of a dev server work in the folder where it was started', async () => {
  const root = makeProject({
    'my app/jamsocket.config.json': { command: `node -e "console.log('so long'); process.exit(3)"`, watch: false },
  });
  const elsewhere = makeTempFolder();
  const dev = await startDevOn(root, ['my app', '--port', '0', '--proxy-port', '0']);
  const spawn = printed(dev.stdout(), 'spawn {3}');
  await expect(type(spawn, root)).resolves.toContain('"spawned"');
  await waitFor(() => dev.stdout().includes('full log: '), 'the crash');
  expect(await type(`${printed(dev.stdout(), 'full log: ')} --no-follow`, root)).toContain('so long');
  const failed = await runCli(['spawn', '--wait', '--api', dev.apiUrl], { cwd: elsewhere });
  expect(await type(`${printed(failed.stderr, 'Full log: ')} --no-follow`, elsewhere)).toContain('so long');

  const second = await runCli(['dev', 'my app', '--port', '0', '--proxy-port', '0'], { cwd: root });
  expect(second.code).toBe(1);
  expect(printed(second.stderr, 'Use that one \\(')).toContain(`--api ${dev.apiUrl}`);
  const nothing = await runCli(['dev', 'none'], { cwd: makeProject({ 'none/a.txt': '' }) });
  expect(printed(nothing.stderr, 'for example: ')).toContain(' dev none --command "node server.js"');
});

test('dev, exec and doctor find the config in a parent of a folder that has nothing to run', async () => {
  const root = makeProject({
    '.git/HEAD': '',
    ...APP,
    'src/deep/a.js': '',
    'web/package.json': { scripts: { start: 'x' } },
  });
  const deep = join(root, 'src', 'deep');
  const dev = await startDev(deep);
  expect(dev.stdout()).toContain(
    `${deep} has nothing to run, so jamdev uses the project of ${join(root, 'jamsocket.config.json')}.`,
  );
  const spawned = await type(`${printed(dev.stdout(), 'spawn {3}')} --json`, deep);
  expect(JSON.parse(spawned)).toMatchObject({ spawned: true });
  const refused = await runCli(['dev'], { cwd: root });
  expect(refused.stderr).toContain(`A dev server already runs in ${root}`);
  const exec = await runCli(['exec', '--', 'sh', '-c', 'echo up'], { cwd: deep });
  expect(exec).toMatchObject({ code: 0, stdout: 'up\n' });
  const doctor = await runCli(['doctor'], { cwd: deep });
  expect(doctor.stdout).toContain('jamsocket.config.json');
});

test.each<[string[], string]>([
  [['spwan'], '--help'],
  [['--versoin'], '--help'],
  [['list', '--jsn'], 'list --help'],
  [['dev', '--prot', '1'], 'dev --help'],
  [['connect', '--key'], 'connect --help'],
  [['status'], 'status --help'],
  [['exec'], 'exec --help'],
  [['init', '--template', 'webscoket'], 'init --help'],
])('the help command that jamdev %j suggests runs as printed', async (args, ending) => {
  const cwd = makeTempFolder();
  const { code, stderr } = await runCli(args, { cwd });
  expect(code).toBe(2);
  const line = printed(stderr, 'see: ');
  expect(line).toMatch(new RegExp(`^node \\S+ ${ending}$`));
  await expect(type(line, cwd)).resolves.toContain('Usage: jamdev');
});

test.each([
  ['{ "comand": "x" }', 'has an unknown key "comand"'],
  ['{ "command": 1 }', '"command" must be'],
  ['{ bad', 'is not valid JSON'],
])("an error in a parent's config is reported with the path from here: %s", async (config, fault) => {
  const root = makeProject({ 'a/b/x.md': '' });
  writeFileSync(join(root, 'jamsocket.config.json'), config);
  await promisify(execFile)('git', ['init', '-q', root]);
  const above = await runCli(['dev', '--port', '0', '--proxy-port', '0'], { cwd: join(root, 'a', 'b') });
  expect(above.stderr).toMatch(/^jamdev: (In )?\.\.\/\.\.\/jamsocket\.config\.json/);
  expect(above.stderr).toContain(fault);
  const here = await runCli(['dev', '--port', '0', '--proxy-port', '0'], { cwd: root });
  expect(here.stderr).toMatch(/^jamdev: (In )?jamsocket\.config\.json/);
  expect(here.stderr).toContain(fault);
});
