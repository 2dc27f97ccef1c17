import { Command } from 'commander';
import { JamdevError, problem } from '../../contract/errors.js';
import { findDevServer } from '../api-client.js';
import type { CommandIo } from '../io.js';
import { addClientOptions, addExamples, type ClientOptions } from '../option-values.js';
import { cleanForTerminal } from '../terminal/clean.js';

interface TerminateOptions extends ClientOptions {
  all?: boolean;
  force?: boolean;
}

/** `jamdev terminate`: ends backends, gently or by force. */
export function terminateCommand(io: CommandIo): Command {
  const command = new Command('terminate')
    .description('end backends: SIGTERM, and SIGKILL ten seconds later')
    .argument('[backend or key...]', 'backend ids or keys')
    .option('--all', 'every running backend')
    .option('-f, --force', 'SIGKILL at once')
    .action(async (names: string[], options: TerminateOptions) => {
      if ((names.length === 0) === !options.all) {
        throw problem.usage('Name the backends to end, or give --all.', 'For example: jamdev terminate doc-1');
      }
      await terminate(names, options, io);
    });
  return addExamples(addClientOptions(command), [
    ['jamdev terminate doc-1', 'the backend that holds the key doc-1'],
    ['jamdev terminate doc-1 doc-2 --force', 'two of them, at once'],
    ['jamdev terminate --all', 'every running backend'],
  ]);
}

async function terminate(names: string[], options: TerminateOptions, io: CommandIo): Promise<void> {
  const client = await findDevServer(options, io.signal);
  const running = (await client.backends()).filter(({ status }) => status.status !== 'terminated');
  const targets = options.all ? running.map(({ id }) => id) : names;
  if (targets.length === 0 && !options.json) io.out('No backends are running.');
  for (const name of targets) {
    try {
      const { id, key } = await client.findBackend(name);
      await client.terminate(id, options.force ?? false);
      io.out(
        options.json
          ? JSON.stringify({ backend: id, key, status: 'ok' })
          : `Ending ${id} (key ${cleanForTerminal(key, false)}).`,
      );
    } catch (error) {
      if (!(error instanceof JamdevError)) throw error;
      // One that can't be ended is no reason to spare the others.
      io.fail();
      if (options.json)
        io.out(JSON.stringify({ backend: name, status: 'error', code: error.code, message: error.sentence }));
      else io.err(error.sentence);
    }
  }
}
