import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Run, startNode } from './cli.js';
import { fixture, makeTempFolder, ROOT } from './project.js';

const BIN = join(ROOT, 'node_modules', 'jamsocket', 'bin', 'run');

/** The platform's own command line client, with its own home folder and no network access beyond this machine. */
export interface OfficialClient {
  home: string;
  /** Runs a command to its end. */
  run: (...args: string[]) => Promise<{ code: number | string; stdout: string; stderr: string }>;
  start: (...args: string[]) => Run;
}

/** The first line that the client prints to stderr when it is given the address of the API. */
export const overrideNotice = (apiUrl: string) => `Using Jamsocket server override: ${apiUrl}\n`;

/** @param moreEnv overrides its small environment, which includes little of the tests' own */
export function makeOfficialClient(apiUrl: string, moreEnv: NodeJS.ProcessEnv = {}): OfficialClient {
  const home = makeTempFolder();
  const cache = join(home, 'cache');
  mkdirSync(cache);
  // Counts as today's check of npm's registry for a newer version, which a daemon would make otherwise.
  writeFileSync(join(cache, 'version'), JSON.stringify({ current: '0.0.0' }));
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    JAMSOCKET_CACHE_DIR: cache,
    JAMSOCKET_CONFIG_DIR: join(home, 'config'),
    JAMSOCKET_DATA_DIR: join(home, 'data'),
    JAMSOCKET_SERVER_API: apiUrl,
    // After an error it asks that registry again, without a time limit.
    NODE_OPTIONS: `--require ${JSON.stringify(fixture('unplugged.cjs'))}`,
    // Errors are not wrapped.
    OCLIF_COLUMNS: '1000',
    NO_COLOR: '1',
    TZ: 'UTC',
    LC_ALL: 'C.UTF-8',
    ...moreEnv,
  };
  const start = (...args: string[]) => startNode([BIN, ...args], { cwd: home, env });
  const run = async (...args: string[]) => {
    const started = start(...args);
    const code = await started.exit;
    return { code, stdout: started.stdout(), stderr: started.stderr() };
  };
  return { home, start, run };
}

/** The same, as if it had logged in with a token. */
export function logIn(apiUrl: string, moreEnv: NodeJS.ProcessEnv = {}): OfficialClient {
  const client = makeOfficialClient(apiUrl, moreEnv);
  saveCredentials(client, { api_token: { account: 'local', token: 'local.token' } });
  return client;
}

/** Stores what a login would store. */
export function saveCredentials({ home }: OfficialClient, credentials: object): void {
  mkdirSync(join(home, '.jamsocket'));
  writeFileSync(join(home, '.jamsocket', 'config.json'), JSON.stringify(credentials));
}

/** Parses the `name:   value` lines that the client prints. */
export function fieldsOf(stdout: string): Record<string, string> {
  const lines = [...stdout.matchAll(/^ *([\w/ ]+?): *(.*?) *$/gm)];
  return Object.fromEntries(lines.map(([, name = '', value = '']) => [name, value]));
}

/** Parses a table that the client prints: one record per row, by the headings. */
export function rowsOf(stdout: string): Record<string, string>[] {
  const lines = stdout.split('\n');
  const ruler = lines.findIndex((line) => /^ ─/.test(line));
  const columns = [...(lines[ruler] ?? '').matchAll(/─+/g)].map(({ index, 0: { length } }) => ({ index, length }));
  const cells = (line: string) => columns.map(({ index, length }) => line.slice(index, index + length).trim());
  const headings = cells(lines[ruler - 1] ?? '');
  const rows = lines.slice(ruler + 1).filter((line) => line.trim() !== '');
  return rows.map((line) => Object.fromEntries(cells(line).map((cell, column) => [headings[column] ?? '', cell])));
}

/** The client's output, with `a moment` for every relative time: a slow machine may take more than a minute. */
export function timeless(stdout: string): string {
  return stdout.replace(/less than a minute|\d+ minutes?/g, 'a moment');
}
