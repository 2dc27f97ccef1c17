import { errorCode } from '../os/error-code.js';
import { NotRegularFile, readRegularFile } from '../os/regular-file.js';
import { configErrors } from './config-errors.js';
import { readConfigFile } from './config-file.js';

/** The options and environment that select the database. */
export interface DatabaseChoice {
  /** `--database` */
  database?: string;
  /** `--config`; default: the current folder's config file. */
  config?: string;
}

const VARIABLE = 'JAMDEV_SERVE_DATABASE';
const FILE_VARIABLE = `${VARIABLE}_FILE`;

/**
 * Finds the URL of the database of `jamdev serve`: the flag wins, then the environment, then the config file.
 * @throws JamdevError `ConfigInvalid`, `ConfigUnreadable`
 */
export async function resolveDatabaseUrl(choice: DatabaseChoice, env: NodeJS.ProcessEnv): Promise<string> {
  const { url, where } = await findUrl(choice, env);
  checkDatabaseUrl(url, where);
  return url;
}

/**
 * Checks the URL before the database client sees it, since the client's error could print the password.
 * @param where the flag, variable or file that contains the URL
 * @throws JamdevError `ConfigInvalid`
 */
export function checkDatabaseUrl(url: string, where: string): void {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) throw configErrors.databaseUrlInvalid(where);
}

async function findUrl(choice: DatabaseChoice, env: NodeJS.ProcessEnv): Promise<{ url: string; where: string }> {
  if (choice.database !== undefined) return { url: choice.database, where: '--database' };
  const fromVariable = env[VARIABLE];
  if (fromVariable !== undefined && fromVariable !== '') return { url: fromVariable, where: VARIABLE };
  const path = env[FILE_VARIABLE];
  if (path !== undefined && path !== '') return { url: await readSecret(path), where: path };
  const found = await readConfigFile(process.cwd(), choice.config);
  const url = found?.config.serve?.database;
  if (found === undefined || url === undefined) throw configErrors.databaseMissing();
  return { url, where: found.path };
}

/** Reads a secret from a file, without the line break that editors add at the end. */
async function readSecret(path: string): Promise<string> {
  try {
    return (await readRegularFile(path)).trim();
  } catch (error) {
    if (error instanceof NotRegularFile) throw configErrors.notAFile(path, error.kind);
    throw configErrors.secretFileUnreadable(FILE_VARIABLE, path, errorCode(error));
  }
}
