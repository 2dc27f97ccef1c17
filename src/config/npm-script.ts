import { realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { noteHandled } from '../os/debug/debug-log.js';
import { readRegularFile } from '../os/regular-file.js';

/** What npm passes on of a package.json (npm RFC 183). */
const PASSED_FIELDS = ['name', 'version', 'config', 'engines', 'bin'] as const;

/** What npm and pnpm run by `node` where package.json has no `start` script. */
export const DEFAULT_START_FILE = 'server.js';

/** A script as `npm start` runs it. */
export interface NpmScript {
  /** Where package.json is; absolute path. */
  folder: string;
  /** "start" or "prestart". */
  event: string;
  /** The command line. */
  script: string;
  /** The content of package.json. */
  manifest: Record<string, unknown>;
}

/**
 * Makes the variables that a script gets under `npm start`. Those that say how npm itself is set up (`npm_config_*`)
 * come with the environment where npm or npx started jamdev; the few that programs go by are made up where not.
 */
export async function npmScriptEnvironment(
  { folder, event, script, manifest }: NpmScript,
  inherited: NodeJS.ProcessEnv = process.env,
): Promise<Record<string, string>> {
  const { name, bin } = manifest;
  const fields = PASSED_FIELDS.map((field) => [field, manifest[field]] as const);
  // npm reads a single program as one of the package's own name, without its scope.
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

/** Shells pass on no other names, and npm runs its scripts by the shell. */
const SHELL_NAME = /^[a-z_]\w*$/i;

/** As npm does it: lists by their indices, and nothing for what is null or false. */
function addVariables(env: Record<string, string>, name: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value)) addVariables(env, `${name}_${key}`, each);
  } else if (SHELL_NAME.test(name)) {
    env[name] = value === null || value === false ? '' : String(value);
  }
}

/** Finds the npm on a PATH, which need not be there. */
async function describeNpm(path: string): Promise<Record<string, string>> {
  const about = `node/${process.version} ${process.platform} ${process.arch} workspaces/false`;
  for (const folder of path.split(delimiter).filter((each) => each !== '')) {
    try {
      // A link into the package, to bin/npm-cli.js.
      const program = realpathSync(join(folder, 'npm'));
      const manifest = await readRegularFile(join(dirname(dirname(program)), 'package.json'));
      const { version } = JSON.parse(manifest) as { version?: unknown };
      return { npm_config_user_agent: `npm/${String(version)} ${about}`, npm_execpath: program };
    } catch (error) {
      noteHandled('config', "asking for npm's version", error);
      // None in this folder, or a wrapper of another program's, which tells nothing.
    }
  }
  return { npm_config_user_agent: `npm/? ${about}` };
}
