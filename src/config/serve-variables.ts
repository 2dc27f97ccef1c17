import { errorCode } from '../os/error-code.js';
import { NotRegularFile, readRegularFile } from '../os/regular-file.js';
import { configErrors } from './config-errors.js';
import { serveSchema } from './serve-schema.js';

const PREFIX = 'JAMDEV_SERVE_';

/** The variables of `jamdev serve`. */
export interface ServeVariables {
  /** By the keys of `serve` in a config file; not checked yet. */
  values: Record<string, unknown>;
  /** Returns the variable that sets, or could set, the value of a key. */
  nameOf(key: string): string;
}

/**
 * Reads the variables of `jamdev serve`, one per key of `serve` in a config file: JAMDEV_SERVE_PUBLIC_URL is
 * `publicUrl`. Values other than strings are JSON. With the suffix `_FILE`, the variable names a file with the value,
 * for secrets.
 * @throws JamdevError `ConfigInvalid`, `ConfigUnreadable`
 */
export async function readServeVariables(env: NodeJS.ProcessEnv): Promise<ServeVariables> {
  const values: Record<string, unknown> = {};
  for (const key of Object.keys(serveSchema.shape)) {
    const name = variableOf(key);
    const text = env[name] || (await readFile(`${name}_FILE`, env));
    if (text !== undefined) values[key] = isText(key) ? text : parse(name, text);
  }
  return { values, nameOf: (path) => variableOf(path.split('.')[0] ?? '') };
}

function variableOf(key: string): string {
  return PREFIX + key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** Whether the schema of a key accepts a string. */
function isText(key: string): boolean {
  return (
    serveSchema.shape[key as keyof typeof serveSchema.shape].safeParse('0').error?.issues[0]?.code !== 'invalid_type'
  );
}

function parse(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw configErrors.variableNotJson(name, (error as Error).message);
  }
}

async function readFile(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const path = env[name];
  return path === undefined || path === '' ? undefined : readSecretFile(path, name);
}

/**
 * Reads a secret from a file.
 * @param name the setting that names the file
 * @throws JamdevError `ConfigUnreadable`
 */
export async function readSecretFile(path: string, name: string): Promise<string> {
  try {
    // Editors add a line break at the end of a file.
    return (await readRegularFile(path)).trim();
  } catch (error) {
    if (error instanceof NotRegularFile) throw configErrors.notAFile(path, error.kind);
    throw configErrors.secretFileUnreadable(name, path, errorCode(error));
  }
}
