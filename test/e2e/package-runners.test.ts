import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { post, send } from '../support/http.js';
import { linkJamdev, makeJamdevProject } from '../support/jamdev-project.js';
import { installPackageManagers, type PackageManagers } from '../support/package-managers.js';
import { fixture, keepFolder } from '../support/project.js';
import { living, waitFor } from '../support/wait.js';

const DEV = `jamdev dev --port 0 --proxy-port 0 --command "node ${fixture('saver.mjs')}"`;
/** Variables that npm sets for all its descendants. */
const NPM_VARIABLES = { npm_lifecycle_event: 'dev', npm_execpath: '/usr/bin/npm', npm_command: 'run-script' };

/** Package runners other than npm's own, as npm packages. */
const packages = keepFolder();
let managers: PackageManagers;

beforeAll(() => {
  managers = installPackageManagers(packages.path);
});

afterAll(() => packages.remove());

function makeProjectWithScripts(scripts: Record<string, string> = {}): string {
  const manifest = { name: 'app', private: true, scripts: { dev: DEV, outer: 'npm run dev', ...scripts } };
  return makeJamdevProject({ 'package.json': manifest });
}

/** A dev server that another program has started. */
interface StartedDev {
  folder: string;
  /** The process that was started first. */
  launcher: ChildProcess;
  output: () => string;
  api: string;
  pid: number;
}

/** Runs a program that starts a dev server, waits for that, and ends it with the test. */
async function startBy(
  file: string,
  args: readonly string[],
  { folder = makeProjectWithScripts(), env: given = {} }: { folder?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<StartedDev> {
  const env = { ...process.env, ...given, PATH: `${join(folder, 'node_modules', '.bin')}:${process.env.PATH}` };
  const launcher = spawn(file, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [launcher.stdout, launcher.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  onTestFinished(async () => {
    if (launcher.exitCode === null && launcher.signalCode === null) launcher.kill('SIGKILL');
    if (server !== undefined && (await living([server])).length > 0) process.kill(server, 'SIGKILL');
  });
  let server: number | undefined;
  const [, api = ''] = await waitFor(() => /API\s+(http:\/\/\S+)/.exec(output), `${file} ${args.join(' ')}`);
  const { pid } = (await send(`${api}/_jamdev/info`)).json<{ pid: number }>();
  server = pid;
  return { folder, launcher, output: () => output, api, pid };
}

/** @returns the file to which the backend saves if it has time */
async function startSession(dev: StartedDev): Promise<string> {
  const { url } = (await post(`${dev.api}/v2/service/-/-/connect`, { key: 'doc' })).json<{ url: string }>();
  return (await send(url)).json<{ saved: string }>().saved;
}

async function untilGone(dev: StartedDev): Promise<void> {
  await waitFor(async () => (await living([dev.pid])).length === 0, 'the dev server to end');
}

/** @returns how each runner runs the script `dev` and the command jamdev */
const RUNNERS: Record<string, () => [file: string, ...args: string[]]> = {
  npx: () => ['npx', '--no-install', ...inlined()],
  'npm run': () => ['npm', 'run', 'dev'],
  'npm exec': () => ['npm', 'exec', '--no', '--', ...inlined()],
  'pnpm run': () => [...managers.pnpm, 'run', 'dev'],
  'pnpm exec': () => [...managers.pnpm, 'exec', ...inlined()],
  'Yarn 1': () => [...managers.yarn1, 'run', 'dev'],
  'Yarn 4': () => [...managers.yarn4, 'run', 'dev'],
  'bun run': () => [...managers.bun, 'run', 'dev'],
  'bun x': () => [...managers.bun, 'x', ...inlined()],
};

function inlined(): string[] {
  return ['jamdev', 'dev', '--port', '0', '--proxy-port', '0', '--command', `node ${fixture('saver.mjs')}`];
}

/** Yarn 4 runs nothing in a project that it has not installed. */
function installByYarn(folder: string): void {
  writeFileSync(join(folder, '.yarnrc.yml'), 'nodeLinker: node-modules\nenableTelemetry: false\n');
  writeFileSync(join(folder, 'yarn.lock'), '');
  const [node, yarn] = managers.yarn4;
  execFileSync(node, [yarn, 'install'], { cwd: folder, stdio: 'ignore', env: { ...process.env, CI: '' } });
  linkJamdev(folder);
}

describe.each(Object.keys(RUNNERS))('a dev server that %s started', (name) => {
  test.each(['SIGTERM', 'SIGKILL'] as const)('ends softly when %s ends', async (signal) => {
    const folder = makeProjectWithScripts();
    if (name === 'Yarn 4') installByYarn(folder);
    const [file, ...args] = RUNNERS[name]?.() ?? [''];
    const dev = await startBy(file, args, { folder });
    const saved = await startSession(dev);
    dev.launcher.kill(signal);
    await untilGone(dev);
    expect(readFileSync(saved, 'utf8')).toBe('the work');
    // A runner may pass on SIGTERM, but no process can pass on SIGKILL.
    if (signal === 'SIGKILL') expect(dev.output()).toMatch(/\w+ \(pid \d+\), which started this program, has exited/);
  });
});

test('the end of the outer of two nested runners ends the dev server', async () => {
  const dev = await startBy('npm', ['run', 'outer']);
  const saved = await startSession(dev);
  dev.launcher.kill('SIGKILL');
  await untilGone(dev);
  expect(readFileSync(saved, 'utf8')).toBe('the work');
});

test('a signal to the whole group and the end of the runner count as one request to stop', async () => {
  const slow = `node -e "process.on('SIGTERM', () => setTimeout(() => { console.log('saved'); process.exit() }, 4000));
    require('http').createServer((q, s) => s.end('{}')).listen(process.env.PORT)"`;
  const script = `jamdev dev --port 0 --proxy-port 0 --command ${JSON.stringify(slow.replace(/\s+/g, ' '))}`;
  const dev = await startBy('npm', ['run', 'slow'], { folder: makeProjectWithScripts({ slow: script }) });
  await startSession(dev);
  process.kill(dev.pid, 'SIGTERM');
  dev.launcher.kill('SIGKILL');
  await untilGone(dev);
  expect(dev.output()).toContain('doc | saved');
  expect(dev.output()).toMatch(/Stopped\.\n/);
});

test('jamdev exec: its command gets SIGTERM once, and the backends end softly', async () => {
  const folder = makeProjectWithScripts();
  const words = ['jamdev', 'exec', '--command', `node ${fixture('saver.mjs')}`, '--', 'node', fixture('command.mjs')];
  const launcher = spawn('npx', ['--no-install', ...words, 'signals'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = new Promise((resolve) => launcher.once('close', resolve));
  let output = '';
  for (const stream of [launcher.stdout, launcher.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  const [, answer = ''] = await waitFor(() => /^up (.+)$/m.exec(output), 'the command to have its backend');
  launcher.kill('SIGKILL');
  // The pipes close when the last process that npx had started is gone.
  await exit;
  expect(output).toContain('heard SIGTERM\n');
  expect(readFileSync(JSON.parse(answer).saved, 'utf8')).toBe('the work');
});

describe('a dev server started by a shell outlives it, whatever package runner is above', () => {
  const node = `'${process.execPath}' node_modules/.bin/${DEV}`;
  test.each<[title: string, file: string, args: string[], files?: Record<string, string>]>([
    ['in the background of sh -c', 'sh', ['-c', `${node} &`]],
    ['by a step of CI', 'bash', ['-e', 'step.sh'], { 'step.sh': `${node} &\nsleep 1\n` }],
    ['by nohup', 'bash', ['-c', `nohup ${node} & sleep 1`]],
    ['by nohup npx', 'bash', ['-c', `nohup npx --no-install ${DEV} & sleep 1`]],
    ['by npx in the background', 'bash', ['-c', `npx --no-install ${DEV} & sleep 1`]],
    ['by setsid in a script of package.json', 'npm', ['run', 'detached']],
    ['in a shell that npx started', 'npx', ['-c', 'bash step.sh'], { 'step.sh': `${node} &\nsleep 2\n` }],
  ])('%s', async (_title, file, args, files = {}) => {
    const folder = makeProjectWithScripts({ detached: `setsid ${DEV} & sleep 2` });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const dev = await startBy(file, args, { folder, env: NPM_VARIABLES });
    await waitFor(() => dev.launcher.exitCode !== null, 'what started it to end');
    // The other one takes longer to start and to notice its runner's end than this one's interval between checks.
    const other = await startBy('npx', ['--no-install', ...inlined()]);
    other.launcher.kill('SIGKILL');
    await untilGone(other);
    expect((await send(`${dev.api}/_jamdev/info`)).status).toBe(200);
    process.kill(dev.pid, 'SIGTERM');
    await untilGone(dev);
    expect(dev.output()).not.toContain('has ended');
  });
});

test('nohup: SIGHUP at the end of the terminal changes nothing', async () => {
  const dev = await startBy('bash', ['-c', `nohup '${process.execPath}' node_modules/.bin/${DEV} & sleep 1`]);
  process.kill(dev.pid, 'SIGHUP');
  await startSession(dev);
  expect(dev.output()).not.toContain('Stopping');
  process.kill(dev.pid, 'SIGTERM');
  await untilGone(dev);
});
