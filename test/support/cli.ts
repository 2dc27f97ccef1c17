import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { onTestFailed, onTestFinished } from 'vitest';
import { send } from './http.js';
import { ROOT } from './project.js';
import { waitFor } from './wait.js';

const BIN = join(ROOT, 'bin', 'jamdev.js');

/** A run of the command line, observed from outside. */
export interface Run {
  process: ChildProcess;
  stdout: () => string;
  stderr: () => string;
  /** Resolves with the exit code, or with the signal's name if one ended it. */
  exit: Promise<number | string>;
}

interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** The input on stdin; default: none. */
  input?: string;
  /** In a session of its own, without the terminal that the tests may run in. */
  detached?: boolean;
  /** How long the start of a dev server may take; ms. */
  startDeadlineMs?: number;
}

/** Starts the built command line as a user would. If it is still running when the test ends, it is killed. */
export function startCli(args: readonly string[], options: RunOptions = {}): Run {
  return untilTestFinished(keepCli(args, options));
}

/** The same for any duration, independent of a test; {@link stopRun} ends it. */
export function keepCli(args: readonly string[], options: RunOptions = {}): Run {
  const { JAMDEV_API_URL: _, ...inherited } = process.env;
  return keepNode([BIN, ...args], { ...options, env: { ...inherited, NO_COLOR: '', ...options.env } });
}

/** Starts a Node.js program with exactly this environment. It is killed when the test ends, if necessary. */
export function startNode(args: readonly string[], options: RunOptions): Run {
  return untilTestFinished(keepNode(args, options));
}

function untilTestFinished(run: Run): Run {
  onTestFinished(() => stopRun(run));
  return run;
}

/** Ends a run that is still active, by force if necessary. */
export async function stopRun({ process: child, exit }: Run): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 12_000);
  await exit;
  clearTimeout(force);
}

function keepNode(args: readonly string[], { cwd, env, input, detached = false }: RunOptions): Run {
  const child = spawn(process.execPath, args, {
    cwd,
    env,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached,
  });
  child.stdin?.end(input);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exit = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code ?? -1));
  });
  return { process: child, stdout: () => stdout, stderr: () => stderr, exit };
}

/** Runs the command line to its end. */
export async function runCli(args: readonly string[], options: RunOptions = {}) {
  const run = startCli(args, options);
  const code = await run.exit;
  return { code, stdout: run.stdout(), stderr: run.stderr() };
}

/** A dev server in its own process, in a project folder. */
export interface DevRun extends Run {
  apiUrl: string;
  proxyUrl: string;
  folder: string;
}

/** Starts `jamdev dev` on free ports and waits until it is ready for connects. */
export async function startDev(
  folder: string,
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<DevRun> {
  return startDevOn(folder, ['--port', '0', '--proxy-port', '0', ...args], options);
}

/** Starts `jamdev dev` on the ports that it chooses or the arguments name, and waits until it is ready. */
export async function startDevOn(
  folder: string,
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<DevRun> {
  const run = startCli(['dev', ...args], { cwd: folder, ...options });
  onTestFailed(() => console.log(`what its dev server said:\n${run.stdout()}${run.stderr()}`));
  const find = (name: string) => new RegExp(`${name}\\s+(http://\\S+)`).exec(run.stdout())?.[1];
  // Waits for the whole banner, which ends with an empty line.
  const banner = /spawn {3}[^\n]+\n(?:[^\n]+\n)*\n/;
  const isStarted = () => banner.test(run.stdout()) || run.process.exitCode !== null;
  await waitFor(isStarted, 'the dev server to start', options.startDeadlineMs);
  const [apiUrl, proxyUrl] = [find('API'), find('proxy')];
  if (apiUrl === undefined || proxyUrl === undefined)
    throw new Error(`jamdev dev failed: ${run.stderr()}${run.stdout()}`);
  return { ...run, apiUrl, proxyUrl, folder };
}

/** Waits until a dev server notices file changes. */
export async function untilWatching(dev: DevRun): Promise<void> {
  await waitFor(async () => (await send(`${dev.apiUrl}/_jamdev/info`)).json().watching, 'the watcher');
}
