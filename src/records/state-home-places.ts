import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { noteHandled } from '../os/debug/debug-log.js';

/**
 * The places for state, the best first: `jamdev` where the XDG base directory specification has state, on macOS too, and
 * for a user whose home can't be written, one of this user's own among the temporary files.
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
    // A user that is unknown to the system has no home.
    return undefined;
  }
}
