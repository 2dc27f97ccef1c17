import { JamdevError } from '../contract/errors/jamdev-error.js';
import { quote } from '../contract/errors/quote.js';

/** Errors about programs that can't be started and processes that can't be listed. */
export const processErrors = {
  processTableUnreadable: (source: 'proc' | 'ps', cause: unknown) => {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'it is missing' : (typeof code === 'string' ? code : message).split('\n')[0];
    return new JamdevError(
      'ProcessTableUnreadable',
      `jamdev can't read the list of processes from ${source === 'proc' ? '/proc' : 'the program ps'} (${reason}).`,
      'jamdev needs it to know which processes are running.',
    );
  },
  commandNotFound: (command: string, folder: string) =>
    new JamdevError(
      'CommandNotFound',
      `The command "${command}" does not exist (searched in ${folder}, node_modules/.bin and PATH).`,
      'Check "command" in the config, or install what it needs.',
    ),
  commandNotStarted: (command: string, isUnusable: boolean, reason: string, remedy: string) =>
    new JamdevError(
      isUnusable ? 'CommandNotExecutable' : 'CommandNotStarted',
      `The command ${quote(command)} can't be started: ${reason}.`,
      remedy,
    ),
};
