import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempFolder } from './temp-folders.js';

/** How long a process may take to end after SIGTERM. */
const END_GRACE_MS = 5_000;
const SHOWN_OUTPUT_CHARACTERS = 2_000;

/**
 * @typedef {object} Started
 * @property {number} pid
 * @property {number} startedAtMs by `performance.now()`, from just before the start
 * @property {Promise<number | null>} exited resolves with the exit code; null after a signal
 * @property {AbortSignal} gone aborts when it has ended
 * @property {() => string} output what it printed last
 * @property {() => Promise<void>} stop ends it and its process group; safe to call again
 */

/** @type {Set<Started>} */
const running = new Set();
let closing = false;

/**
 * Starts a program in a process group of its own, which {@link stopAll} ends at the latest.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string> }} [options]
 * @returns {Promise<Started>}
 */
export async function start(file, args, { cwd, env } = {}) {
  if (closing) throw new Error('the benchmark is being stopped');
  const outputFile = join(makeTempFolder(), 'output');
  const output = openSync(outputFile, 'w');
  const startedAtMs = performance.now();
  const child = spawn(file, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const ended = new AbortController();
  /** @type {Promise<number | null>} */
  const exited = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  exited.catch(() => undefined);
  const { pid } = child;
  if (pid === undefined) throw await exited.then(() => new Error(`${file} did not start`));
  /** @type {Started} */
  const started = {
    pid,
    startedAtMs,
    exited,
    gone: ended.signal,
    output: () => readFileSync(outputFile, 'utf8').slice(-SHOWN_OUTPUT_CHARACTERS),
    stop: async () => {
      if (!ended.signal.aborted) signalGroup(pid, 'SIGTERM');
      const force = setTimeout(() => signalGroup(pid, 'SIGKILL'), END_GRACE_MS);
      await exited;
      clearTimeout(force);
    },
  };
  running.add(started);
  child.once('exit', () => {
    running.delete(started);
    ended.abort();
  });
  return started;
}

/**
 * Runs a program to its end.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string> }} [options]
 * @returns {Promise<{ output: string, ms: number }>} what it printed, and how long it took
 * @throws when its exit code is not 0
 */
export async function runToEnd(file, args, options) {
  const started = await start(file, args, options);
  const code = await started.exited;
  const ms = performance.now() - started.startedAtMs;
  if (code !== 0) throw new Error(`${file} ended with ${code}:\n${started.output()}`);
  return { output: started.output(), ms };
}

/** Ends everything that is still running. */
export async function stopAll() {
  await Promise.all([...running].map((each) => each.stop()));
}

/** The same, and prevents new starts. */
export async function stopForGood() {
  closing = true;
  await stopAll();
}

// The last resort. Gentle, so that a dev server among them can end its own backends.
process.on('exit', () => {
  for (const { pid } of running) signalGroup(pid, 'SIGTERM');
});

/**
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // Gone by now.
  }
}
