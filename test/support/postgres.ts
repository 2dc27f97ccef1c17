import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, onTestFinished } from 'vitest';
import { listProcesses } from '../../src/processes/process-table.js';
import { openStore } from '../../src/store/open-store.js';
import type { Store } from '../../src/store/tables.js';
import { isInstalled } from './installed.js';
import { ROOT } from './project.js';
import { living, waitFor } from './wait.js';

const SCRIPT = join(ROOT, 'test', 'engine', 'postgres.sh');
const DEBIAN = '/usr/lib/postgresql';

const hasPostgres = isInstalled('initdb') || (existsSync(DEBIAN) && readdirSync(DEBIAN).length > 0);

/** Tests on PostgreSQL. Without it they are skipped, or fail if JAMDEV_REQUIRE_POSTGRES=1 is set. */
export const describePostgres = describe.skipIf(!hasPostgres && process.env.JAMDEV_REQUIRE_POSTGRES !== '1');
if (!hasPostgres) console.log('There is no PostgreSQL: the tests of what jamdev serve keeps are skipped.');

/** A PostgreSQL for one test file. */
export interface Postgres {
  readonly folder: string;
  /** Creates an empty database, which exists as long as the server. @returns its URL */
  createDatabase(options?: string): Promise<string>;
  /** Starts it if it is not running. */
  start(): Promise<void>;
  /** Kills it, as in a power failure, and waits until it is gone. */
  crash(): Promise<void>;
  /** Stops all of its processes, as on a machine that hangs; the result resumes them. */
  freeze(): Promise<() => void>;
}

/** Starts a PostgreSQL for all tests of a `describe`. */
export function usePostgres(): Postgres {
  let folder = '';
  const url = (name: string) => `postgres://postgres@localhost/${name}?host=${join(folder, 'postgres')}`;
  const start = async () => void (await promisify(execFile)(SCRIPT, ['start', folder]));
  const postmaster = () => postmasterOf(folder);
  beforeAll(async () => {
    // Short, because socket paths have a limited length.
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'jamdev-pg-')));
    await start();
  }, 60_000);
  afterAll(async () => {
    await promisify(execFile)(SCRIPT, ['stop', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    get folder() {
      return folder;
    },
    start,
    async createDatabase(options = '') {
      const name = `t${randomBytes(6).toString('hex')}`;
      await runSql(url('postgres'), `create database ${name} ${options}`);
      return url(name);
    },
    async crash() {
      const pids = await processesOf(postmaster());
      process.kill(postmaster(), 'SIGQUIT');
      await waitFor(async () => (await living(pids)).length === 0, 'PostgreSQL to be gone');
    },
    freeze: () => freezePostgres(folder),
  };
}

/** Stops all processes of the PostgreSQL whose data is below a folder. @returns a function that resumes them */
export async function freezePostgres(folder: string): Promise<() => void> {
  const postmaster = postmasterOf(folder);
  // First, so that it adds no process after the others are stopped.
  process.kill(postmaster, 'SIGSTOP');
  const pids = await processesOf(postmaster);
  for (const pid of pids) signalUnlessEnded(pid, 'SIGSTOP');
  const thaw = () => {
    for (const pid of pids.splice(0)) signalUnlessEnded(pid, 'SIGCONT');
  };
  onTestFinished(thaw);
  return thaw;
}

/** Signals a process of PostgreSQL; those of connections may end at any moment. */
function signalUnlessEnded(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function postmasterOf(folder: string): number {
  return Number(readFileSync(join(folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

async function processesOf(postmaster: number): Promise<number[]> {
  const all = await listProcesses();
  return [postmaster, ...all.filter(({ ppid }) => ppid === postmaster).map(({ pid }) => pid)];
}

/** Runs statements on a separate connection, without the store. */
export async function runSql<Row>(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** Opens a store that is closed when the test ends. */
export async function openTestStore(url: string): Promise<Store> {
  const { store, close } = await openStore(url);
  onTestFinished(close);
  return store;
}
