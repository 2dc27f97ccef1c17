import { Command } from 'commander';
import type { CommandIo } from '../../io.js';
import { addExamples } from '../../option-values.js';
import { addDevOptions, givenFlags } from '../dev/dev-options.js';

const DETAILS = `
The command gets JAMSOCKET_DEV=true, JAMSOCKET_DEV_PORT, JAMDEV_API_URL and JAMDEV_PROXY_URL, and starts once the first
build succeeds; if the build fails, it does not run. It has this terminal's input and output. jamdev itself only writes
to stderr: failed builds and crashed backends or, with --logs, everything that jamdev dev shows. Signals are forwarded.
When the command ends, the backends and all processes left in its process group are ended too.

Exit code: the command's own; 128 plus the signal's number if a signal ended it; 127 if the command was not found; 126 if
it can't be executed; 1 if the dev server did not start or the build failed; 2 for a mistake in the command line.
`;

/** `jamdev exec`: runs a command with its own dev server, which is stopped when the command ends. */
export function execCommand(io: CommandIo): Command {
  const command = new Command('exec')
    .usage('[options] -- <command> [arguments...]')
    .argument('<command...>', 'the command and its arguments; run without a shell')
    .passThroughOptions()
    .option('--folder <folder>', 'the project folder (default: the current one)')
    .option('--logs', 'show on stderr what jamdev dev would show');
  addDevOptions(command, { port: 'any free one', proxyPort: 'any free one', watch: 'nothing' }).action(
    async (words: string[], { logs = false, ...options }: { logs?: boolean }, self: Command) => {
      const { runExec } = await import('./run-exec.js');
      await runExec(givenFlags(options, self), words, { logs }, io);
    },
  );
  command.addHelpText('after', DETAILS.trimEnd());
  return addExamples(command, [
    ['jamdev exec -- npm test', 'run the tests of an app that uses session backends'],
    ['jamdev exec --logs -- node load.js', 'also show what the backends print'],
    ['jamdev exec --folder ../app -- sh -c "npm run a && npm run b"', 'run two commands with a shell'],
  ]);
}
