import { delimiter, dirname, join } from 'node:path';

/** Variables that npm sets for the script that started jamdev. They don't describe any other script. */
const OF_NPM_SCRIPT = /^npm_(?:package|lifecycle)_|^npm_command$/;

/**
 * Returns the environment for a project's own commands: the user's variables, overridden by the project's, with
 * node_modules/.bin on the PATH, as npm does for scripts.
 */
export function commandEnvironment(folder: string, ...layers: Record<string, string>[]): NodeJS.ProcessEnv {
  const inherited = { ...process.env };
  if (layers.some((layer) => 'npm_lifecycle_event' in layer)) {
    for (const name of Object.keys(inherited)) if (OF_NPM_SCRIPT.test(name)) delete inherited[name];
  }
  const env: NodeJS.ProcessEnv = Object.assign(inherited, ...layers);
  env.PATH = [...binFolders(folder), env.PATH ?? ''].join(delimiter);
  return env;
}

function binFolders(folder: string): string[] {
  const bin = join(folder, 'node_modules', '.bin');
  return dirname(folder) === folder ? [bin] : [bin, ...binFolders(dirname(folder))];
}
