import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCli, startDev } from '../support/cli.js';
import { post, send } from '../support/http.js';
import { makeProject, makeTempFolder, ROOT } from '../support/project.js';
import { describeTerminal, openTerminal } from '../support/pseudo-terminal.js';
import { waitFor } from '../support/wait.js';

const WEBSOCKET_FILES = [
  '.dockerignore',
  '.gitignore',
  'Dockerfile',
  'README.md',
  'jamsocket.config.json',
  'package.json',
  'pages.js',
  'public/client.js',
  'public/editor.js',
  'public/index.html',
  'public/style.css',
  'server.js',
  'storage.js',
];

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

describe('jamdev init, without a terminal', () => {
  test('writes the template and prints commands that work as printed', async () => {
    const cwd = makeTempFolder();
    const { code, stdout, stderr } = await runCli(['init', 'my app', '--template', 'websocket'], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const folder = join(cwd, 'my app');
    expect(filesIn(folder)).toEqual(WEBSOCKET_FILES);
    for (const file of WEBSOCKET_FILES.filter((name) => name !== 'package.json')) {
      const original = readFileSync(join(ROOT, 'templates', 'websocket', file));
      expect(readFileSync(join(folder, file)).equals(original), file).toBe(true);
    }
    const { devDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    expect(devDependencies).toEqual({ jamdev: `file:${relative(folder, ROOT)}` });
    const lines = stdout.split('\n').map((line) => line.trim());
    expect(lines).toContain(`Wrote the template websocket to ${folder}:`);
    const at = lines.indexOf('Next:');
    expect(lines.slice(at + 1, at + 4)).toEqual([`cd 'my app'`, 'npm install', 'npx jamdev dev']);
    // Runs the commands as a person would, but on free ports.
    const shell = (line: string) => execFileSync('sh', ['-c', line], { cwd, encoding: 'utf8', stdio: 'pipe' });
    shell(`cd 'my app' && npm install --prefer-offline --no-audit --no-fund`);
    expect(shell(`cd 'my app' && npx --no-install jamdev dev --help`)).toContain('start the dev server');
    const run = await startDev(folder);
    const spawned = shell(`cd 'my app' && ${lines.at(-2)} --wait`);
    expect((await send(JSON.parse(spawned).url)).text).toContain('<textarea');
    expect((await post(`${run.apiUrl}/v2/service/-/-/connect`, { key: 'doc-1' })).json()).toMatchObject({
      spawned: false,
    });
  });

  test('asks nothing and without arguments writes the first template into this folder', async () => {
    const cwd = makeTempFolder();
    const { code, stdout } = await runCli(['init'], { cwd });
    expect(code).toBe(0);
    expect(filesIn(cwd)).toEqual(WEBSOCKET_FILES);
    expect(stdout).not.toMatch(/^ {2}cd /m);
    expect(stdout).toContain('  npm install\n');
  });

  test('--json prints the same for a program', async () => {
    const cwd = makeTempFolder();
    const { code, stdout } = await runCli(['init', 'a/deep/one', '-t', 'python', '--json'], { cwd });
    expect(code).toBe(0);
    const folder = join(cwd, 'a', 'deep', 'one');
    expect(JSON.parse(stdout)).toEqual({
      folder,
      template: 'python',
      files: filesIn(folder),
      next: ['cd a/deep/one', 'npm install', 'npx jamdev dev', 'npx jamdev spawn --key doc-1'],
    });
  });

  test('does not suggest installing packages that are already installed', async () => {
    const cwd = makeProject({ 'node_modules/ws/package.json': {} });
    expect((await runCli(['init'], { cwd })).stdout).toContain('npm install');
    mkdirSync(join(cwd, 'node_modules', 'jamdev'));
    expect((await runCli(['init', '--force'], { cwd })).stdout).not.toContain('npm install');
  });

  test('names the package manager that runs it, in its output and in files', async () => {
    const cwd = makeProject({ 'package.json': {} });
    const env = { npm_config_user_agent: 'yarn/4.9.1 npm/? node/v22.0.0 linux x64' };
    const { stdout } = await runCli(['init', 'app'], { cwd, env });
    for (const line of ['yarn install', 'yarn jamdev dev', 'yarn jamdev spawn --key doc-1']) {
      expect(stdout).toContain(`\n  ${line}\n`);
    }
    expect(stdout).not.toContain('npx');
    const read = (file: string) => readFileSync(join(cwd, 'app', file), 'utf8');
    expect(read('yarn.lock')).toBe('');
    expect(read('README.md')).toContain('\nyarn install\nyarn jamdev dev ');
    expect(read('public/editor.js')).toContain('`yarn jamdev spawn --key ');
    expect(read('README.md') + read('public/editor.js')).not.toContain('npx');
    expect(read('Dockerfile')).toContain('npm install');
  });

  test.each([
    [
      ['init', 'x', '--template', 'nope'],
      ['nope', 'websocket, socketio, warm-pool, python'],
    ],
    [['init', ''], ['folder is empty']],
    [['init', 'a', 'b'], ['too many arguments']],
  ])('%j is a usage error', async (args, mentions) => {
    const cwd = makeTempFolder();
    const { code, stderr } = await runCli(args, { cwd });
    expect(code).toBe(2);
    for (const mention of mentions) expect(stderr).toContain(mention);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('a folder that is not empty', () => {
  test('is accepted if no file is in the way', async () => {
    const cwd = makeProject({ 'notes.txt': 'mine', '.git/config': 'mine', 'public/logo.svg': 'mine' });
    expect((await runCli(['init'], { cwd })).code).toBe(0);
    expect(filesIn(cwd)).toEqual([...WEBSOCKET_FILES, '.git/config', 'notes.txt', 'public/logo.svg'].sort());
    expect(readFileSync(join(cwd, 'notes.txt'), 'utf8')).toBe('mine');
  });

  test('is left unchanged when a file is in the way, which is named; --force overwrites it', async () => {
    const cwd = makeProject({ 'server.js': 'mine', 'public/index.html': 'mine', 'notes.txt': 'mine' });
    const { code, stdout, stderr } = await runCli(['init'], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('already contains public/index.html, server.js.');
    expect(stderr).toContain('--force');
    expect(filesIn(cwd)).toEqual(['notes.txt', 'public/index.html', 'server.js']);
    expect((await runCli(['init', '.', '--force'], { cwd })).code).toBe(0);
    expect(filesIn(cwd)).toEqual([...WEBSOCKET_FILES, 'notes.txt'].sort());
    expect(readFileSync(join(cwd, 'server.js'), 'utf8')).toContain('WebSocketServer');
    expect(readFileSync(join(cwd, 'notes.txt'), 'utf8')).toBe('mine');
  });

  test('--force replaces a link and not its target; a dangling link is in the way too', async () => {
    const cwd = makeProject({ 'elsewhere.js': 'mine' });
    symlinkSync('elsewhere.js', join(cwd, 'server.js'));
    symlinkSync('nowhere', join(cwd, 'storage.js'));
    const refused = await runCli(['init'], { cwd });
    expect(refused.stderr).toContain('already contains server.js, storage.js.');
    expect((await runCli(['init', '--force'], { cwd })).code).toBe(0);
    expect(readFileSync(join(cwd, 'elsewhere.js'), 'utf8')).toBe('mine');
    expect(existsSync(join(cwd, 'nowhere'))).toBe(false);
    expect(readFileSync(join(cwd, 'storage.js'), 'utf8')).toContain('export async function save');
  });

  test('--force does not replace a file by a folder or a folder by a file', async () => {
    const cwd = makeProject({ public: 'mine', 'server.js/mine.txt': 'mine' });
    const { code, stderr } = await runCli(['init', '--force'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/something else that is not a file: public, server\.js\./);
    expect(filesIn(cwd)).toEqual(['public', 'server.js/mine.txt']);
  });

  test('is refused if it is not a folder', async () => {
    const cwd = makeProject({ file: 'mine' });
    const { code, stderr } = await runCli(['init', 'file'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain(`${join(cwd, 'file')} is not a folder.`);
    const below = await runCli(['init', 'file/below'], { cwd });
    expect(below).toMatchObject({ code: 1, stderr: expect.stringContaining('Nothing was written.') });
    expect(filesIn(cwd)).toEqual(['file']);
  });

  test('names the files that were written when the rest cannot be, and leaves none half written', async () => {
    const cwd = makeTempFolder();
    // Not even root can write into it.
    symlinkSync(process.platform === 'linux' ? '/proc' : '/', join(cwd, 'public'));
    const { code, stderr } = await runCli(['init'], { cwd });
    expect(code).toBe(1);
    const written = readdirSync(cwd).filter((name) => name !== 'public');
    expect(written.length).toBeGreaterThan(0);
    expect(stderr).toContain(`${join(cwd, 'public', 'client.js')} can't be written: `);
    expect(stderr).toContain(`Already written: ${written.sort().join(', ')}.`);
  });

  test('two runs at once in one folder do not mix their files', async () => {
    const cwd = makeTempFolder();
    const runs = await Promise.all(
      ['python', 'websocket'].map((name) => runCli(['init', '--template', name], { cwd })),
    );
    expect(runs.map(({ code }) => code).sort()).toEqual([0, 1]);
    expect(existsSync(join(cwd, 'server.py'))).toBe(runs[0]?.code === 0);
    expect(existsSync(join(cwd, 'server.js'))).toBe(runs[1]?.code === 0);
  });
});

describeTerminal('jamdev init, in a terminal', () => {
  function openInit(args: string[], cwd: string) {
    const terminal = openTerminal(['init', ...args], cwd, { HOME: join(cwd, 'home') });
    let answered = 0;
    const screen = () => terminal.screen().slice(answered);
    const answer = async (question: string, keys: string) => {
      await waitFor(() => screen().includes(question), question);
      answered += screen().indexOf(question) + question.length;
      terminal.press(keys);
    };
    return { answer, exit: terminal.exit, screen };
  }

  test('asks for the folder and the template', async () => {
    const cwd = makeProject({ 'notes.txt': 'mine' });
    const { answer, exit, screen } = openInit([], cwd);
    await answer('Folder (session-backend): ', 'my-app\r');
    await answer('Template (websocket): ', 'nope\r');
    await waitFor(
      () => screen().includes('Type one of websocket, socketio, warm-pool, python'),
      'the answer to be refused',
    );
    await answer('Template (websocket): ', '4\r');
    expect(await exit).toBe(0);
    expect(screen()).toContain('cd my-app');
    expect(existsSync(join(cwd, 'my-app', 'server.py'))).toBe(true);
  });

  test('Enter accepts the suggestions: the current folder if it is empty', async () => {
    const cwd = makeTempFolder();
    const { answer, exit } = openInit([], cwd);
    await answer('Folder (.): ', '\r');
    await answer('Template (websocket): ', '\r');
    expect(await exit).toBe(0);
    expect(filesIn(cwd)).toEqual(WEBSOCKET_FILES);
  });

  test('does not ask for what is given', async () => {
    const cwd = makeTempFolder();
    const folderGiven = openInit(['one'], cwd);
    await folderGiven.answer('Template (websocket): ', 'socketio\r');
    expect(await folderGiven.exit).toBe(0);
    const templateGiven = openInit(['--template', 'python'], cwd);
    await templateGiven.answer('Folder (session-backend): ', '~/two\r');
    expect(await templateGiven.exit).toBe(0);
    expect(existsSync(join(cwd, 'home', 'two', 'server.py'))).toBe(true);
    const bothGiven = openInit(['three', '--template', 'python'], cwd);
    expect(await bothGiven.exit).toBe(0);
    expect(bothGiven.screen()).not.toContain('Template (');
  });

  test('accepts both answers typed ahead', async () => {
    const cwd = makeTempFolder();
    const { answer, exit } = openInit([], cwd);
    await answer('Folder (.): ', 'ahead\rpython\r');
    expect(await exit).toBe(0);
    expect(existsSync(join(cwd, 'ahead', 'server.py'))).toBe(true);
  });

  test.each([
    ['Ctrl-C', '\u0003', 130, ''],
    ['Ctrl-D', '\u0004', 2, 'Nothing was written'],
  ])('%s writes nothing', async (_name, key, code, message) => {
    const cwd = makeTempFolder();
    const { answer, exit, screen } = openInit([], cwd);
    await answer('Folder (.): ', 'x\r');
    await answer('Template (websocket): ', key);
    expect(await exit).toBe(code);
    expect(screen()).toContain(message);
    expect(screen()).not.toContain('fault');
    expect(readdirSync(cwd)).toEqual([]);
  });
});
