import { Command } from 'commander';
import { listProjectServices } from '../../../config/deploy-config.js';
import type { CommandIo } from '../../io.js';
import { addExamples } from '../../option-values.js';
import { DeployClient } from './deploy-client.js';
import { addEnvironmentOptions, type EnvironmentOptions } from './deploy-options.js';
import { reportChange } from './report-change.js';

/** `jamdev rollback`: has an environment run the image before. */
export function rollbackCommand(io: CommandIo): Command {
  const command = new Command('rollback')
    .description('have an environment of jamdev serve run the image that it ran before; repeated, the one before that')
    .argument('[service]', 'the service (default: all of the config)')
    .action(async (service: string | undefined, options: EnvironmentOptions) => {
      const client = await DeployClient.open(options.api, io.signal);
      const moved = [];
      for (const name of await listProjectServices(options.config, service)) {
        moved.push(await client.rollback(name, options.environment));
      }
      for (const deployed of moved) await reportChange(client, deployed, options, io);
    });
  return addExamples(addEnvironmentOptions(command), [
    ['jamdev rollback chat --environment production', 'new sessions run the image of the deployment before'],
    ['jamdev rollback chat --sessions now --wait', 'and those that run the bad one are ended by force'],
  ]);
}
