import { fileError } from '../contract/errors/file-error.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { usageError } from '../contract/errors/usage-error.js';

/** Errors of a command's terminal and system. */
export const cliErrors = {
  outputNotWritten: (detail: string) =>
    fileError(
      'StateFolderUnusable',
      "The output can't be written where it was redirected to",
      { path: { phrase: 'the output file' }, use: 'write', detail },
      'Redirect it to another file.',
    ),
  fewDescriptors: (limit: number, needed: number) =>
    new JamdevError(
      'SystemRefused',
      `This process can open only ${limit} file descriptors (ulimit -n); a dev server needs ${needed}: 3 for each session, 2 for each connection.`,
      'Raise the limit in the shell before you start it: ulimit -n 4096 (if the shell refuses, the hard limit is set in /etc/security/limits.conf or by the container).',
    ),
  runnerGone: (name: string, pid: number) =>
    new JamdevError('RunnerGone', `${name} (pid ${pid}), which started this program, has exited.`, 'Stopping too.'),
  execWithoutJson: () =>
    usageError(
      'jamdev exec has no --json: its output is the output of the command.',
      'To pass --json to the command, put it after the command: npx jamdev exec -- <command> --json. For the events of a dev server as JSON: npx jamdev dev --json',
    ),
  completionWithoutJson: () =>
    usageError(
      'jamdev completion has no --json: it prints a script for a shell.',
      'Pass the name of the shell, for example: npx jamdev completion bash',
    ),
  questionsUnanswered: () =>
    new JamdevError(
      'Usage',
      'Nothing was written: the input ended before all questions were answered.',
      'Pass the answers as arguments: npx jamdev init my-app --template websocket',
    ),
};
