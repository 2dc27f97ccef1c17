import { JamdevError } from '../../../contract/errors/jamdev-error.js';
import { quote } from '../../../contract/errors/quote.js';

/** Commands that `exec` can't run. */
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
      `There is no command ${quote(command)} to run (looked for in node_modules/.bin and PATH).`,
      'It is run without a shell: give a program and its arguments, or: npx jamdev exec -- sh -c "COMMANDS"',
    ),
  execNotExecutable: (command: string, reason: string, remedy: string) =>
    new JamdevError('ExecNotExecutable', `The command ${quote(command)} can't be run: ${reason}.`, remedy),
};
