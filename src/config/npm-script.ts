import { realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { noteHandled } from '../os/debug/debug-log.js';
import { readRegularFile } from '../os/regular-file.js';

/** Fields of package.json that npm passes to scripts (npm RFC 183). */
const PASSED_FIELDS = ['name', 'version', 'config', 'engines', 'bin'] as const;

/** The file that npm and pnpm run with `node` if package.json has no `start` script. */
export const DEFAULT_START_FILE = 'server.js';

/** A script as `npm start` runs it. */
export interface NpmScript {
  /** The folder of package.json, as an absolute path. */
  folder: string;
  /** "start" or "prestart". */
  event: string;
  /** The command line. */
  script: string;
  /** The content of package.json. */
  manifest: Record<string, unknown>;
}

/**
 * Returns the variables that a script gets from `npm start`. npm's own settings (`npm_config_*`) are inherited if npm or npx
 * started jamdev; otherwise, the few that programs depend on are set here.
 */
export async function npmScriptEnvironment(
  { folder, event, script, manifest }: NpmScript,
  inherited: NodeJS.ProcessEnv = process.env,
): Promise<Record<string, string>> {
  const { name, bin } = manifest;
  const fields = PASSED_FIELDS.map((field) => [field, manifest[field]] as const);
  // If "bin" is a string, the program's name is the package's name without the scope.
  const binOfName =
    typeof bin === 'string' && typeof name === 'string' ? { [name.replace(/^@[^/]*\//, '')]: bin } : bin;
  const env: Record<string, string> = {};
  for (const [field, value] of fields) addVariables(env, `npm_package_${field}`, field === 'bin' ? binOfName : value);
  const own = inherited.npm_config_user_agent === undefined ? await describeNpm(inherited.PATH ?? '') : {};
  return {
    ...env,
    ...own,
    npm_package_json: join(folder, 'package.json'),
    npm_lifecycle_event: event,
    npm_lifecycle_script: script,
    npm_command: 'start',
    npm_config_local_prefix: folder,
    npm_node_execpath: inherited.npm_node_execpath ?? process.execPath,
    NODE: inherited.NODE ?? process.execPath,
    INIT_CWD: folder,
  };
}

/** Other names are skipped: npm runs scripts in a shell, and shells don't pass them on. */
const SHELL_NAME = /^[a-z_]\w*$/i;

/** Adds variables the way npm does: lists by index, and an empty string for null and false. */
function addVariables(env: Record<string, string>, name: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value)) addVariables(env, `${name}_${key}`, each);
  } else if (SHELL_NAME.test(name)) {
    env[name] = value === null || value === false ? '' : String(value);
  }
}

/** Describes the npm on a PATH, which may be missing. */
async function describeNpm(path: string): Promise<Record<string, string>> {
  const about = `node/${process.version} ${process.platform} ${process.arch} workspaces/false`;
  for (const folder of path.split(delimiter).filter((each) => each !== '')) {
    try {
      // `npm` is a link to bin/npm-cli.js in the package.
      const program = realpathSync(join(folder, 'npm'));
      const manifest = await readRegularFile(join(dirname(dirname(program)), 'package.json'));
      const { version } = JSON.parse(manifest) as { version?: unknown };
      return { npm_config_user_agent: `npm/${String(version)} ${about}`, npm_execpath: program };
    } catch (error) {
      noteHandled('config', "asking for npm's version", error);
      // It is not in this folder, or it is another program's wrapper.
    }
  }
  return { npm_config_user_agent: `npm/? ${about}` };
}
