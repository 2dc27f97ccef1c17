import { delimiter, dirname, join } from 'node:path';

/**
 * The environment in which a project's own commands run: the user's, the project's on top, and the programs in
 * node_modules/.bin on the PATH, as npm has them for scripts.
 */
export function commandEnvironment(folder: string, ...layers: Record<string, string>[]): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = Object.assign({}, process.env, ...layers);
  env.PATH = [...binFolders(folder), env.PATH ?? ''].join(delimiter);
  return env;
}

function binFolders(folder: string): string[] {
  const bin = join(folder, 'node_modules', '.bin');
  return dirname(folder) === folder ? [bin] : [bin, ...binFolders(dirname(folder))];
}
