import { spawn } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { runBuildCommand } from '../../src/builds/build-command.js';
import { newBackendId } from '../../src/platform/ids.js';
import { commandEnvironment } from '../../src/processes/command-environment.js';
import { endLeftovers } from '../../src/processes/leftovers.js';
import { identify } from '../../src/processes/process-tree.js';
import { sendSignal } from '../../src/processes/signal.js';
import { ProcessRuntime } from '../../src/runtime/process/process-runtime.js';
import { fixture, keepFolder, makeProject, ROOT } from '../support/project.js';
import { makeRegister } from '../support/register.js';
import { waitFor } from '../support/wait.js';

const NODE_SAVER = fixture('saves-once.mjs');
const PYTHON_SAVER = `python3 ${fixture('saves-once.py')}`;
const SAVER = `node ${NODE_SAVER}`;
/** Longer than a trusted runner has for passing on a signal. */
const SAVE_MS = 1_300;

interface Started {
  /** Terminates it softly. @returns what the server recorded in the meantime */
  end(): Promise<string[]>;
  /** Kills it. */
  close(): Promise<void>;
}

/** Starts a command whose server records what happens to it. */
async function start(project: string, command: string, saveMs = SAVE_MS): Promise<Started> {
  const notesFile = join(project, 'notes');
  const runtime = new ProcessRuntime(makeRegister());
  const backendId = newBackendId();
  let output = '';
  const env = { SESSION_BACKEND_ID: backendId, NOTES: notesFile, SAVE_MS: String(saveMs) };
  const build = { kind: 'process', number: 1, command, cwd: project, env: {}, remap8080: false } as const;
  const onOutput = (_source: string, chunk: Buffer) => {
    output += chunk;
  };
  const request = { backendId, service: 'default', key: 'key', build, env, onOutput };
  const backend = await runtime.spawn(request, new AbortController().signal);
  const notes = () => (existsSync(notesFile) ? readFileSync(notesFile, 'utf8').trim().split('\n') : []);
  const close = async () => {
    backend.terminate(true);
    await backend.exited;
    await runtime.close();
  };
  await waitFor(() => notes().includes('up'), `the server of "${command}"`).catch(async (error) => {
    await close();
    throw new Error(`${error.message}; it said: ${output}`);
  });
  return {
    async end() {
      backend.terminate(false);
      const ended = waitFor(() => notes().length > 2, 'it to save').finally(() => {
        // Other processes of the tree may keep running.
        if (command.includes('sleep 1000')) backend.terminate(true);
      });
      await Promise.all([ended, backend.exited]);
      return notes().filter((note) => note !== 'up');
    },
    close,
  };
}

/** A project that can run the development tools of this one. */
function populate(project: string): string {
  symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'));
  return project;
}

const CELLS: Record<string, string> = {
  node: SAVER,
  'node --watch': `node --watch ${NODE_SAVER}`,
  'node --watch-path': `node --watch-path ${fixture('')} ${NODE_SAVER}`,
  tsx: `tsx ${NODE_SAVER}`,
  'tsx watch': `tsx watch ${NODE_SAVER}`,
  nodemon: `nodemon --watch ${fixture('')} ${NODE_SAVER}`,
  'nodemon with a shell': `nodemon --watch ${fixture('')} --exec "${SAVER}; true"`,
  'cross-env': `cross-env A=1 ${SAVER}`,
  concurrently: `concurrently "${SAVER}" "sleep 1000"`,
  // The other command ignores SIGTERM: with -k, concurrently signals all others again when one has ended.
  'concurrently -k of a shell': `concurrently -k "${SAVER}; true" "trap '' TERM; sleep 1000"`,
  'npx of a runner': `npx --no-install tsx watch ${NODE_SAVER}`,
  'npx -c with exec': `npx -c "exec ${SAVER}"`,
  'sh -c with &&': `sh -c 'true && ${SAVER} && true'`,
  'sh -c with ;': `sh -c '${SAVER}; true'`,
  'a shell in a shell': `sh -c 'sh -c "${SAVER}; true"; true'`,
  'a runner in a shell': `sh -c 'node --watch ${NODE_SAVER}; true'`,
  'a shell that runs it in the background': `${SAVER} & wait`,
  'a shell that waits for it before its trap': `trap 'echo trapped' TERM; ${SAVER}; true`,
  'bash with a trap': `bash -c 'trap "echo trapped" TERM; ${SAVER}; true'`,
  'a shell beside something deaf': `(trap '' TERM; exec sleep 1000) & ${SAVER}`,
  'a daemon': `(setsid ${SAVER} &) ; exec sleep 1000`,
  python: PYTHON_SAVER,
  'python in a shell': `sh -c '${PYTHON_SAVER}; true'`,
  'npm start of node': 'npm start',
  'npm start of exec node': 'npm run exec',
  'npm start of two commands': 'npm run two',
  'npm start of tsx watch': 'npm run tsx',
  'npm start of node --watch': 'npm run watch',
  'npm start of npm run': 'npm run inner',
};
const SCRIPTS = {
  start: SAVER,
  exec: `exec ${SAVER}`,
  two: `true && ${SAVER} && true`,
  tsx: `tsx watch ${NODE_SAVER}`,
  watch: `exec node --watch ${NODE_SAVER}`,
  inner: 'npm run exec',
};
/** Each case mostly waits. */
const AT_ONCE = 4;

describe('exactly one SIGTERM reaches a server that saves for longer than a second under', () => {
  const outcomes = new Map<string, Promise<string[]>>();
  const folders: { remove(): void }[] = [];

  beforeAll(() => {
    const lanes: Promise<unknown>[] = Array.from({ length: AT_ONCE }, () => Promise.resolve());
    for (const [index, [name, command]] of Object.entries(CELLS).entries()) {
      const folder = keepFolder({ 'package.json': { name: 'app', scripts: SCRIPTS } });
      folders.push(folder);
      const run = async () => {
        const started = await start(populate(folder.path), command);
        return started.end().finally(started.close);
      };
      const outcome = (lanes[index % AT_ONCE] as Promise<unknown>).then(run);
      lanes[index % AT_ONCE] = outcome.catch(() => undefined);
      outcome.catch(() => undefined);
      outcomes.set(name, outcome);
    }
  });
  afterAll(async () => {
    await Promise.allSettled(outcomes.values());
    for (const folder of folders) folder.remove();
  });

  test.each(Object.keys(CELLS))(
    '%s',
    async (name) => {
      expect(await outcomes.get(name)).toEqual(['asked', 'saved']);
    },
    120_000,
  );
});

async function startHere(command: string, saveMs?: number): Promise<Started> {
  const started = await start(populate(makeProject()), command, saveMs);
  onTestFinished(() => started.close());
  return started;
}

test('a quick save counts as one if the shell passes the signal on with its own trap', async () => {
  const command = `trap 'kill -TERM $!; wait $!' TERM; ${SAVER} & wait $!`;
  const { end } = await startHere(command, 300);
  expect(await end()).toEqual(['asked', 'saved']);
});

test('a helper process started after the signal to save is left alone', async () => {
  const code = `
    const { execSync } = require("child_process"), { appendFileSync } = require("fs");
    const note = (text) => appendFileSync(process.env.NOTES, text + "\\n");
    process.on("SIGTERM", () => { note("asked"); execSync("sleep 1.5"); note("saved"); process.exit(0) });
    setInterval(() => {}, 1000); note("up")`;
  const { end } = await startHere(`node -e '${code}'`);
  expect(await end()).toEqual(['asked', 'saved']);
});

describe('each process gets exactly one SIGTERM', () => {
  const SHELL_AND_RUNNER = [
    ['a shell', `${SAVER}; true`],
    ['a runner', `exec node --watch ${NODE_SAVER}`],
    ['a runner in a shell', `tsx watch ${NODE_SAVER}; true`],
  ];
  const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []);

  test.each(SHELL_AND_RUNNER)('in a superseded build: %s', async (_name, command) => {
    const cwd = populate(makeProject());
    const notes = join(cwd, 'notes');
    const overtaken = new AbortController();
    onTestFinished(() => overtaken.abort());
    const env = { NOTES: notes, SAVE_MS: String(SAVE_MS) };
    const running = runBuildCommand(command, { cwd, env }, overtaken.signal, () => undefined);
    await waitFor(() => read(notes).includes('up'), 'the build to run');
    overtaken.abort();
    await running;
    expect(read(notes)).toEqual(['up', 'asked', 'saved']);
  });

  test.each(SHELL_AND_RUNNER)('in the leftovers of a killed dev server: %s', async (_name, command) => {
    const cwd = populate(makeProject());
    const notes = join(cwd, 'notes');
    const env = { ...commandEnvironment(cwd), NOTES: notes, SAVE_MS: String(SAVE_MS) };
    const child = spawn('/bin/sh', ['-c', command], { cwd, env, detached: true, stdio: 'ignore' });
    onTestFinished(() => void sendSignal(-(child.pid as number), 'SIGKILL'));
    const root = await identify('left', child.pid as number);
    await waitFor(() => read(notes).includes('up'), 'it to run');
    expect(await endLeftovers({ markers: new Set(), roots: [root] })).toMatchObject({ remaining: [] });
    expect(read(notes)).toEqual(['up', 'asked', 'saved']);
  });
});
