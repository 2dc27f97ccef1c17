import { Command } from 'commander';
import { listProjectServices } from '../../../config/deploy-config.js';
import { usageError } from '../../../contract/errors/usage-error.js';
import type { CommandIo } from '../../io.js';
import { addExamples, deploymentId } from '../../option-values.js';
import { DeployClient } from './deploy-client.js';
import { addEnvironmentOptions, type EnvironmentOptions } from './deploy-options.js';
import { reportChange } from './report-change.js';

interface RollbackOptions extends EnvironmentOptions {
  to?: number;
}

/** Creates `jamdev rollback`, which sets an environment to its previous image. */
export function rollbackCommand(io: CommandIo): Command {
  const command = new Command('rollback')
    .argument('[service]', 'the service (default: all services of the config)')
    .option(
      '--to <deployment>',
      'the id of the deployment to go back to, see: jamdev deployments',
      deploymentId('--to'),
    )
    .action(async (service: string | undefined, options: RollbackOptions) => {
      const client = await DeployClient.open(options.api, io.signal);
      const moved = [];
      const names = await listProjectServices(options.config, service);
      if (options.to !== undefined && names.length > 1) {
        throw usageError('--to is for one service.', `Name one of: ${names.join(', ')}`);
      }
      for (const name of names) {
        moved.push(await client.rollback(name, options.environment, options.to));
      }
      for (const deployed of moved) await reportChange(client, deployed, options, io);
    });
  return addExamples(addEnvironmentOptions(command), [
    ['jamdev rollback chat --environment production', 'run the previous image in new sessions'],
    ['jamdev rollback chat --to 41', 'new sessions run the image of deployment 41'],
    ['jamdev rollback chat --sessions now --wait', 'also kill the sessions that run the bad image'],
  ]);
}
