import { delimiter, dirname, join } from 'node:path';

/** Variables that npm sets for the script it runs: they describe the script that started jamdev, and no other. */
const OF_NPM_SCRIPT = /^npm_(?:package|lifecycle)_|^npm_command$/;

/**
 * The environment in which a project's own commands run: the user's, the project's on top, and the programs in
 * node_modules/.bin on the PATH, as npm has them for scripts.
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
