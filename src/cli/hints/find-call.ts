import { realpathSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { noteHandled } from '../../os/debug/debug-log.js';
import { findLaunch } from '../../processes/launch.js';
import type { Call } from './own-command.js';

/** Finds out from which folder, and by which runner, this program was called. */
export async function findCall(env: NodeJS.ProcessEnv = process.env): Promise<Call> {
  const folder = process.cwd();
  // The nearest runner set the variable. A runner further up may have been called from another folder, which is
  // unknown.
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
  // Every runner sets it, and its child processes inherit it.
  if (env.npm_config_user_agent === undefined) return [];
  try {
    return (await findLaunch(env)).runners.map(({ name }) => name);
  } catch (error) {
    noteHandled('cli', 'looking for the package runner', error);
    // Without a process list, assume that it was called by hand.
    return [];
  }
}
