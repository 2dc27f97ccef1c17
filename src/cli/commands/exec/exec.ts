import { Command } from 'commander';
import type { CommandIo } from '../../io.js';
import { addExamples } from '../../option-values.js';
import { addDevOptions, givenFlags } from '../dev/dev-options.js';

const DETAILS = `
The command gets JAMSOCKET_DEV=true, JAMSOCKET_DEV_PORT, JAMDEV_API_URL and JAMDEV_PROXY_URL, and starts once the first
build is done; if that fails, it is not run. It has this terminal's input and output, and jamdev itself writes to stderr
only: builds that fail and backends that crash; with --logs everything that jamdev dev shows. Signals are passed on.
When the command has ended, so do the backends, and what it left running in its process group.

Exit code: the command's own; 128 and the signal's number if a signal ended it; 127 if there is no such command; 126 if
it can't be executed; 1 if the dev server did not start or the build failed; 2 for a mistake in the command line.
`;

/** `jamdev exec`: a command with a dev server of its own, for as long as it runs. */
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
    ['jamdev exec -- npm test', 'the tests of an app that uses session backends'],
    ['jamdev exec --logs -- node load.js', 'with what the backends print'],
    ['jamdev exec --folder ../app -- sh -c "npm run a && npm run b"', 'two commands, run by a shell'],
  ]);
}
