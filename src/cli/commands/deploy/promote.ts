import { Command } from 'commander';
import { listProjectServices } from '../../../config/deploy-config.js';
import { deployErrors } from '../../../contract/errors/deploy-errors.js';
import { usageError } from '../../../contract/errors/usage-error.js';
import type { CommandIo } from '../../io.js';
import { addExamples } from '../../option-values.js';
import { DeployClient } from './deploy-client.js';
import { addChangeOptions, type ChangeOptions } from './deploy-options.js';
import { reportChange } from './report-change.js';

interface PromoteOptions extends ChangeOptions {
  service?: string;
}

/** Creates `jamdev promote`, which sets an environment to the image of another one. */
export function promoteCommand(io: CommandIo): Command {
  const command = new Command('promote')
    .argument('<from>', 'the environment that runs the image')
    .argument('<to>', 'the environment to run it in')
    .option('-s, --service <name>', 'the service (default: all services of the config)')
    .action(async (from: string, to: string, options: PromoteOptions) => {
      const { message, remedy } = deployErrors.promotedToItself(to);
      if (from === to) throw usageError(message, remedy);
      const client = await DeployClient.open(options.api, io.signal);
      const moved = [];
      for (const name of await listProjectServices(options.config, options.service)) {
        moved.push(await client.promote(name, from, to));
      }
      for (const deployed of moved) await reportChange(client, deployed, options, io);
    });
  return addExamples(addChangeOptions(command), [
    ['jamdev promote staging production', 'promote every service'],
    [
      'jamdev promote staging production --service chat --sessions drain',
      'promote one service, and end its sessions with SIGTERM',
    ],
  ]);
}
