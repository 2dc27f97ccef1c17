import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { noteHandled } from '../os/debug/debug-log.js';

/**
 * Returns the candidate folders for state, best first: `jamdev` in the XDG base directory for state, also on macOS; then,
 * for users whose home is not writable, a per-user folder in the temporary directory.
 */
export function stateHomePlaces(env: NodeJS.ProcessEnv = process.env): string[] {
  const temporary = join(tmpdir(), `jamdev-${process.getuid?.() ?? 'state'}`);
  const named = env.XDG_STATE_HOME;
  if (named !== undefined && isAbsolute(named)) return [join(named, 'jamdev'), temporary];
  const home = findHome();
  return home === undefined ? [temporary] : [join(home, '.local', 'state', 'jamdev'), temporary];
}

function findHome(): string | undefined {
  try {
    const home = homedir();
    return isAbsolute(home) ? home : undefined;
  } catch (error) {
    noteHandled('state', 'finding the home of the user', error);
    // A user without an account on this system has no home.
    return undefined;
  }
}
