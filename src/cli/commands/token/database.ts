import { hostname, userInfo } from 'node:os';
import type { Command } from 'commander';
import { type DatabaseChoice, resolveDatabaseUrl } from '../../../config/serve-database.js';
import { noteHandled } from '../../../os/debug/debug-log.js';
import { orAborted } from '../../../os/or-aborted.js';
import type { Store } from '../../../store/tables.js';
import type { CommandIo } from '../../io.js';

/** Options of {@link addDatabaseOptions}. */
export interface DatabaseOptions extends DatabaseChoice {
  json?: boolean;
}

/** Adds the options of commands that work on the database of `jamdev serve`. */
export function addDatabaseOptions(command: Command): Command {
  return command
    .option(
      '--database <url>',
      'the database, as postgres://... (default: JAMDEV_SERVE_DATABASE, or "serve.database" in the config file)',
    )
    .option('--config <file>', 'the config file (default: the one in the current folder)')
    .option('--json', 'print JSON for programs');
}

/**
 * Runs work with the database in the options or the environment. The database client is loaded here because it is
 * large, and other commands and the help don't need it.
 */
export async function withStore<T>(
  options: DatabaseOptions,
  io: CommandIo,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const { openStore } = await import('../../../store/open-store.js');
  const { store, close } = await openStore(await resolveDatabaseUrl(options, process.env), io.signal);
  try {
    return await orAborted(work(store), io.signal);
  } finally {
    await close();
  }
}

/** Returns the actor in the audit log for work on the database itself. */
export function operator(): string {
  return `operator:${userName()}@${hostname()}`;
}

/** Returns the user's name, which may be unknown in a container. */
function userName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    noteHandled('cli', 'looking up the name of this user', error);
    return `uid ${process.getuid?.()}`;
  }
}
