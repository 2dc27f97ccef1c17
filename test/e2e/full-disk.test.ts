import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFailed, onTestFinished, test } from 'vitest';
import { runCli, startCli, startDev } from '../support/cli.js';
import { post, send } from '../support/http.js';
import { fixture, makeProject, makeTempFolder, ROOT } from '../support/project.js';
import { CAN_MOUNT, mountTinyDisk } from '../support/tiny-disk.js';
import { waitFor } from '../support/wait.js';

const ECHO = `node ${fixture('echo-server.mjs')}`;
/** A backend that prints the path of each request. */
const SAYER = `require('http').createServer((q, s) => { console.log('said ' + q.url); s.end(); }).listen(process.env.PORT)`;

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A project on the disk, with its state there too, and a temporary folder for state that does not fit. */
function makeDiskProject(disk: string): { cwd: string; env: NodeJS.ProcessEnv } {
  const cwd = join(disk, 'app');
  mkdirSync(cwd);
  return { cwd, env: { XDG_STATE_HOME: join(disk, 'state'), TMPDIR: makeTempFolder() } };
}

describe.skipIf(!CAN_MOUNT)('a full disk', () => {
  test('is reported by jamdev dev, with the command that shows where', async () => {
    const disk = mountTinyDisk();
    const options = makeDiskProject(disk.folder);
    disk.fill();
    // It either stops there or keeps its state elsewhere.
    const run = startCli(['dev', '--port', '0', '--proxy-port', '0', '--command', ECHO], options);
    const allOutput = () => `${run.stdout()}${run.stderr()}`;
    await waitFor(() => allOutput().includes('df -h') || run.process.exitCode !== null, 'the complaint');
    expect(allOutput()).toMatch(/the disk is full \(ENOSPC\)/);
    expect(allOutput()).not.toMatch(/[Mm]ake (it|the project folder) writable|fault/);
  });

  test('is reported once, ends no session, and logs continue when there is room', async () => {
    const disk = mountTinyDisk();
    const { cwd, env } = makeDiskProject(disk.folder);
    writeFileSync(join(cwd, 'sayer.cjs'), SAYER);
    const dev = await startDev(cwd, ['--command', 'node sayer.cjs'], { env });
    const connect = async (key: string) =>
      (await post(`${dev.apiUrl}/v2/service/-/-/connect`, { key })).json<{ url: string }>().url;
    const first = await connect('a');
    expect((await send(`${first}before`)).status).toBe(200);
    await waitFor(() => dev.stdout().includes('said /before'), 'the first line');
    disk.fill();
    // More than fits in the last block of the disk.
    for (let line = 0; line < 100; line += 1) {
      expect((await send(`${first}${'x'.repeat(200)}`)).status).toBe(200);
    }
    const second = await connect('b');
    expect((await send(`${second}full`)).status).toBe(200);
    await waitFor(() => dev.stdout().includes('b | said /full'), 'a line on the full disk');
    expect(dev.stdout().match(/Logs can't be written.*the disk is full \(ENOSPC\).*df -h/g)).toHaveLength(1);
    disk.free();
    expect((await send(`${first}after`)).status).toBe(200);
    expect((await send(`${second}after`)).status).toBe(200);
    await waitFor(() => dev.stdout().includes('Logs are written again'), 'the logs to be written');
    for (const key of ['a', 'b']) {
      const logs = await runCli(['logs', key, '--no-follow'], { cwd, env });
      expect(logs.stdout).toContain('said /after');
    }
    expect(dev.stdout().match(/Logs are written again/g)).toHaveLength(1);
  });

  test('leaves no partial file of jamdev init', async () => {
    const disk = mountTinyDisk();
    disk.fill();
    const folder = join(disk.folder, 'app');
    const { code, stderr } = await runCli(['init', folder, '--template', 'websocket'], { cwd: disk.folder });
    expect(code).toBe(1);
    expect(stderr).toMatch(/can't be written: the disk is full \(ENOSPC\)/);
    expect(stderr).toContain('df -h');
    if (existsSync(folder)) expect(readdirSync(folder)).toEqual([]);
  });

  test('is not confused with a read-only file system', async () => {
    const disk = mountTinyDisk();
    const options = makeDiskProject(disk.folder);
    disk.makeReadOnly();
    const dev = startCli(['dev', '--port', '0', '--proxy-port', '0', '--command', ECHO], options);
    await waitFor(() => /the file system is read-only \(EROFS\)/.test(`${dev.stdout()}${dev.stderr()}`), 'the word');
    const init = await runCli(['init', 'new', '--template', 'websocket'], options);
    expect(init).toMatchObject({ code: 1, stderr: expect.stringMatching(/the file system is read-only \(EROFS\)/) });
  });

  test('as the target of the output ends nothing, and output continues when there is room', async () => {
    const disk = mountTinyDisk();
    const [port, proxyPort] = [await freePort(), await freePort()];
    const bin = join(ROOT, 'bin', 'jamdev.js');
    const line = `exec '${process.execPath}' '${bin}' dev --port ${port} --proxy-port ${proxyPort} --command '${ECHO}' > '${disk.folder}/out'`;
    disk.fill();
    const shell = spawn('sh', ['-c', line], { cwd: makeTempFolder(), stdio: ['ignore', 'ignore', 'pipe'] });
    const exit = new Promise((resolve) => shell.once('close', resolve));
    onTestFinished(async () => {
      shell.kill('SIGTERM');
      await exit;
    });
    let stderr = '';
    shell.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    const api = `http://127.0.0.1:${port}`;
    await waitFor(() => stderr.includes('ulimit') || stderr.includes('the disk is full'), 'the complaint');
    const connect = async (key: string) =>
      (await post(`${api}/v2/service/-/-/connect`, { key })).json<{ url: string }>();
    const { url } = await connect('a');
    expect((await send(url)).status).toBe(200);
    expect(stderr.match(/the disk is full/g)).toHaveLength(1);
    disk.free();
    await connect('b');
    const out = join(disk.folder, 'out');
    await waitFor(() => readFileSync(out, 'utf8').includes('b | ready'), 'the output to go on');
  });
});

test.runIf(process.platform === 'linux')('a command whose output is lost says so and fails', async () => {
  const bin = join(ROOT, 'bin', 'jamdev.js');
  const shell = spawn('sh', ['-c', `'${process.execPath}' '${bin}' --help > /dev/full`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  shell.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  expect(await new Promise((resolve) => shell.once('close', resolve))).toBe(1);
  expect(stderr).toMatch(/^jamdev: The output can't be written.*the disk is full \(ENOSPC\)/);
});

test('a file size limit that logs reach ends no session', async () => {
  const folder = makeProject({ 'sayer.cjs': SAYER });
  const bin = join(ROOT, 'bin', 'jamdev.js');
  const command = `ulimit -f 8; exec '${process.execPath}' '${bin}' dev --port 0 --proxy-port 0 --command 'node sayer.cjs'`;
  const shell = spawn('sh', ['-c', command], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = new Promise((resolve) => shell.once('close', resolve));
  let output = '';
  onTestFailed(() => console.log(`what it said:\n${output}`));
  onTestFinished(async () => {
    shell.kill('SIGTERM');
    await exit;
  });
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  const [, api] = await waitFor(() => /API\s+(http:\/\/\S+)/.exec(output), 'the dev server');
  const { url } = (await post(`${api}/v2/service/-/-/connect`, { key: 'a' })).json<{ url: string }>();
  for (let line = 0; line < 40; line += 1) {
    expect((await send(`${url}${'x'.repeat(400)}`)).status).toBe(200);
  }
  await waitFor(() => /Logs can't be written/.test(output), 'the complaint');
  expect(output).toMatch(/the file would become larger than allowed \(EFBIG\).*ulimit -f/);
  expect(output.match(/Logs can't be written/g)).toHaveLength(1);
});

test('reports that the current folder has been deleted', async () => {
  const parent = makeTempFolder();
  const folder = join(parent, 'gone');
  mkdirSync(folder);
  const bin = join(ROOT, 'bin', 'jamdev.js');
  const shell = spawn('sh', ['-c', `rmdir '${folder}' && exec '${process.execPath}' '${bin}' dev`], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  shell.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  expect(await new Promise((resolve) => shell.once('close', resolve))).toBe(1);
  expect(stderr).toMatch(/^jamdev: The current folder has been deleted or moved\.\n.*cd/);
});
