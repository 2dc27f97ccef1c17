import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest, scriptsOf } from './config-file.js';
import { DEFAULT_START_FILE, npmScriptEnvironment } from './npm-script.js';

/** The program that `npm start` runs in a folder. */
export interface StartScript {
  command: string;
  env: Record<string, string>;
  /** The `prestart` script. npm runs it before every start. Here it runs once per build, since it usually builds the app. */
  before: string | undefined;
  beforeEnv: Record<string, string> | undefined;
  /** Whether package.json has the script. Otherwise, the command is npm's default. */
  isNamed: boolean;
  /** For the banner. */
  foundIn: string;
}

/**
 * Finds the program that `npm start` runs: the `start` script of package.json, or else server.js. Unlike npm, this also
 * accepts server.js without a package.json.
 * @throws JamdevError `ConfigInvalid`, `ConfigUnreadable`
 */
export async function findStartScript(folder: string): Promise<StartScript | undefined> {
  const manifest = await readManifest(folder);
  const { start, prestart } = scriptsOf(manifest);
  const isNamed = typeof start === 'string' && start.trim() !== '';
  if (!isNamed && !statSync(join(folder, DEFAULT_START_FILE), { throwIfNoEntry: false })?.isFile()) return undefined;
  const command = isNamed ? start : `node ${DEFAULT_START_FILE}`;
  const before = typeof prestart === 'string' && prestart.trim() !== '' ? prestart : undefined;
  const environmentOf = (event: string, script: string) => npmScriptEnvironment({ folder, event, script, manifest });
  return {
    command,
    env: await environmentOf('start', command),
    before,
    beforeEnv: before === undefined ? undefined : await environmentOf('prestart', before),
    isNamed,
    foundIn: isNamed ? 'the start script of package.json' : `${DEFAULT_START_FILE}, as npm start does`,
  };
}
