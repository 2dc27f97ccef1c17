import { realpathSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { noteHandled } from '../../os/debug/debug-log.js';
import { findLaunch } from '../../processes/launch.js';
import type { Call } from './own-command.js';

/** Finds the folder and the package runner from which this program was called. */
export async function findCall(env: NodeJS.ProcessEnv = process.env): Promise<Call> {
  const folder = process.cwd();
  // The nearest runner has set the variable. A runner further up may have been called from another, unknown folder.
  const [runner] = await findRunners(env);
  const { INIT_CWD: shellFolder = folder } = env;
  return {
    script: realpathSync(process.argv[1] ?? ''),
    folder,
    shellFolder: runner !== undefined && isAbsolute(shellFolder) ? shellFolder : folder,
    runner,
    isPlugAndPlay: 'pnp' in process.versions,
    path: env.PATH ?? '',
  };
}

async function findRunners(env: NodeJS.ProcessEnv): Promise<string[]> {
  // Every runner sets this variable, and its child processes inherit it.
  if (env.npm_config_user_agent === undefined) return [];
  try {
    return (await findLaunch(env)).runners.map(({ name }) => name);
  } catch (error) {
    noteHandled('cli', 'looking for the package runner', error);
    // Without a process list, the program is assumed to have been called by hand.
    return [];
  }
}
