import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { RESERVED_ENV } from '../contract/env.js';
import { isThere } from '../os/is-there.js';
import { createReadEnvText } from './env-text.js';

/** The env file that is read by default, if it exists. */
const USUAL_NAME = '.env';

/** A file with variables for backends. */
export interface EnvFile {
  /** Absolute path. */
  path: string;
  /** Whether the config or command line names it. If so, it must exist. */
  named: boolean;
}

/** The content of env files. */
interface EnvFileContent {
  env: Record<string, string>;
  /** Names that were ignored because the platform sets them itself, such as `PORT`. */
  leftOut: string[];
}

/**
 * Finds the env files of a service.
 * @param named `envFile` of the config or the command line; false: none
 * @param folders the folders to search for a `.env` if no file is named; later ones win
 * @param base the folder that named paths are relative to
 */
export function findEnvFiles(
  named: false | string | readonly string[] | undefined,
  folders: readonly string[],
  base: string,
): EnvFile[] {
  if (named === false) return [];
  if (named !== undefined) return [named].flat().map((path) => ({ path: resolve(base, path), named: true }));
  return [...new Set(folders)].map((folder) => ({ path: resolve(folder, USUAL_NAME), named: false }));
}

/** Reads env files. Later ones win. @throws JamdevError `ConfigUnreadable` */
export type ReadEnvFiles = (files: readonly EnvFile[], signal?: AbortSignal) => Promise<EnvFileContent>;

/**
 * Creates a reader of env files. All builds must share one, see {@link createReadEnvText}. Variables that the platform sets
 * itself are ignored, because a `.env` often has a PORT for other ways to run the app.
 */
export function createReadEnvFiles(readText = createReadEnvText()): ReadEnvFiles {
  return async (files, signal) => {
    const env: Record<string, string> = {};
    const leftOut = new Set<string>();
    for (const { path, named } of files) {
      if (!named && !isThere(path)) continue;
      for (const [name, value] of Object.entries(parseEnv(await readText(path, signal)))) {
        if (RESERVED_ENV.includes(name)) leftOut.add(name);
        else if (value !== undefined) env[name] = value;
      }
    }
    return { env, leftOut: [...leftOut] };
  };
}

/** Whether an env file can only be read once, such as a named pipe. */
export function isReadOnce({ path }: EnvFile): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && !stats.isFile() && !stats.isDirectory();
}
