import { execFile } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** How long a command may take. */
const TIMEOUT_MS = 90_000;

/** Initializes a database in empty folders, as the image of PostgreSQL does. */
export async function initializePostgres(folders: { all: string; data: string; sockets: string }): Promise<void> {
  chmodSync(folders.all, 0o711);
  for (const folder of [folders.data, folders.sockets]) {
    mkdirSync(folder, { recursive: true });
    if (userInfo().uid === 0) chownSync(folder, Number(await idOf('-u')), Number(await idOf('-g')));
  }
  await execute(
    asPostgres(postgresProgram('initdb'), '-D', folders.data, '-U', 'postgres', '-A', 'trust', '--no-sync'),
  );
}

/** A command run by the user of PostgreSQL, which refuses to run as root. */
export function asPostgres(...command: string[]): string[] {
  return userInfo().uid === 0
    ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', ...command]
    : command;
}

/** Debian does not put them on the PATH. */
export function postgresProgram(name: string): string {
  const folder = '/usr/lib/postgresql';
  const newest =
    readdirSync(folder)
      .sort((a, b) => Number(a) - Number(b))
      .at(-1) ?? '';
  return join(folder, newest, 'bin', name);
}

async function idOf(flag: '-u' | '-g'): Promise<string> {
  return (await execute(['id', flag, 'postgres'])).trim();
}

export async function execute(command: readonly string[], env = process.env): Promise<string> {
  const [program = '', ...args] = command;
  return (await promisify(execFile)(program, args, { env, timeout: TIMEOUT_MS })).stdout;
}
