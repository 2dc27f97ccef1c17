import { Command } from 'commander';
import { usageError } from '../../../contract/errors/usage-error.js';
import type { CommandIo } from '../../io.js';
import { askInTerminal } from '../../terminal/ask.js';
import { addClusterOptions, type ClusterOptions, withDrones } from './cluster.js';

interface DrainOptions extends ClusterOptions {
  yes?: boolean;
}

/** `jamdev drones drain`: permanently keeps new backends off a drone. */
export function drainCommand(io: CommandIo): Command {
  const command = new Command('drain')
    .description('permanently keep new backends off a drone; its running backends continue until they end')
    .argument('<name>', 'the name of the drone')
    .option('-y, --yes', 'do not ask')
    .action(async (name: string, options: DrainOptions) => {
      if (!options.yes && !(await confirm(name, options, io))) return io.out(`${name} was not drained.`);
      await withDrones(options, io, (operations) => operations.drain(name));
      if (options.json) return io.json({ drone: name, status: 'ok' });
      io.out(`${name} gets no new backends. Stop it once \`jamdev drones\` shows 0 backends for it.`);
      io.out('The next drone on that machine needs another name: Plane remembers that this one is drained.');
    });
  return addClusterOptions(command);
}

/** @throws JamdevError `Usage` if there is nobody to ask */
async function confirm(name: string, { json }: DrainOptions, { stdin, stdout, signal }: CommandIo): Promise<boolean> {
  if (json || !stdin.isTTY || !stdout.stream.isTTY) {
    throw usageError(
      `Draining ${name} is permanent: Plane can't undo it, and remembers it when the drone restarts.`,
      'To confirm, add --yes.',
    );
  }
  stdout.line(`Draining ${name} is permanent: Plane can't undo it, and remembers it when the drone restarts.`);
  const terminal = { input: stdin, output: stdout, interrupt: () => void process.kill(process.pid, 'SIGINT') };
  const answer = await askInTerminal(terminal, signal, (ask) => ask(`Drain ${name}? [y/N] `));
  return /^y(es)?$/i.test(answer);
}
