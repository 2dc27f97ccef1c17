import { Command, Option } from 'commander';
import type { DevFlags } from '../../../config/dev-flags.js';
import type { IfRunning } from '../../client/if-running.js';
import type { CommandIo } from '../../io.js';
import { addExamples } from '../../option-values.js';
import { addDevOptions, givenFlags } from './dev-options.js';

interface DevOptions extends Omit<DevFlags, 'folder'> {
  json?: boolean;
  ifRunning: IfRunning;
}

/** `jamdev dev`: the dev server itself. */
export function devCommand(io: CommandIo): Command {
  const command = new Command('dev').argument('[folder]', 'the project folder', '.');
  addDevOptions(command, { port: '8080', proxyPort: '9090', watch: 'the project' })
    .option('-i, --interactive', 'listen for keys in a terminal (default)')
    .option('--no-interactive', 'do not listen for keys')
    .option('--json', 'print events as JSON, one per line')
    .addOption(
      new Option(
        '--if-running <what>',
        'if a dev server is already running in this folder: fail, or print its URLs and exit (reuse)',
      )
        .choices(['fail', 'reuse'])
        .default('fail'),
    )
    .action(async (folder: string, { ifRunning, ...options }: DevOptions, self: Command) => {
      // Loaded here because it is large, and other commands don't need it.
      const { runDev } = await import('./run-dev.js');
      await runDev({ ...givenFlags(options, self), folder }, { json: options.json ?? false, ifRunning }, io);
    });
  return addExamples(command, [
    ['jamdev dev', 'run the project as jamsocket.config.json or the start script says'],
    ['jamdev dev --command "node server.js"', 'run one command, without a config'],
    ['jamdev dev app --port 0 --proxy-port 0', 'run the project in app on any free ports'],
  ]);
}
