import { JamdevError } from '../../../contract/errors/jamdev-error.js';
import { quote } from '../../../contract/errors/quote.js';

/** Errors of `exec`. */
export const execErrors = {
  execBuildFailed: (command: string) =>
    new JamdevError(
      'BuildFailed',
      `The build failed, so ${quote(command)} was not run.`,
      'The output of the build is shown above.',
    ),
  execNotFound: (command: string) =>
    new JamdevError(
      'ExecNotFound',
      `There is no command ${quote(command)} (searched in node_modules/.bin and PATH).`,
      'jamdev exec runs commands without a shell. Pass a program and its arguments, or use: npx jamdev exec -- sh -c "COMMANDS"',
    ),
  execNotExecutable: (command: string, reason: string, remedy: string) =>
    new JamdevError('ExecNotExecutable', `The command ${quote(command)} can't be run: ${reason}.`, remedy),
};
