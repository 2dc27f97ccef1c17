import { Command } from 'commander';
import { listProjectServices } from '../../../config/deploy-config.js';
import type { DeploymentJson } from '../../../contract/deployments.js';
import { DEFAULT_ENVIRONMENT } from '../../../platform/services.js';
import type { CommandIo } from '../../io.js';
import { addExamples } from '../../option-values.js';
import { cleanText } from '../../terminal/clean.js';
import { formatAge } from '../../terminal/duration.js';
import { formatTable } from '../../terminal/table.js';
import { DeployClient } from './deploy-client.js';
import { shortImage } from './short-image.js';

interface DeploymentsOptions {
  environment: string;
  api?: string;
  config?: string;
  json?: boolean;
}

/** Creates `jamdev deployments`, which lists the images that an environment was set to run, and who set them. */
export function deploymentsCommand(io: CommandIo): Command {
  const command = new Command('deployments')
    .argument('[service]', 'the service (default: all services of the config)')
    .option('-e, --environment <name>', 'the environment of the service', DEFAULT_ENVIRONMENT)
    .option('--api <url>', 'the URL of jamdev serve; the token is in JAMDEV_TOKEN (default: JAMDEV_API_URL)')
    .option('--config <file>', 'the config file of the project (default: the one in the current folder)')
    .option('--json', 'print JSON for programs')
    .action(async (asked: string | undefined, options: DeploymentsOptions) => {
      const { environment } = options;
      const client = await DeployClient.open(options.api, io.signal);
      const names = await listProjectServices(options.config, asked);
      const found = [];
      for (const service of names) {
        found.push({ service, environment, deployments: await client.deployments(service, environment) });
      }
      for (const each of found) {
        if (options.json) io.json(each);
        else printDeployments(each, io);
      }
    });
  return addExamples(command, [
    ['jamdev deployments chat --environment production', 'what it ran, since when, and who changed it'],
    ['jamdev rollback chat --environment production --to 41', 'have it run the image of deployment 41 again'],
  ]);
}

function printDeployments(
  { service, environment, deployments }: { service: string; environment: string; deployments: DeploymentJson[] },
  io: CommandIo,
): void {
  const name = `${service}/${environment}`;
  if (deployments.length === 0) return io.out(`Nothing was deployed to ${name} yet.`);
  io.out(`${name}:`);
  for (const line of formatTable(['ID', 'IMAGE', 'SINCE', 'ACTION', 'BY'], deployments.map(toRow))) io.out(line);
}

function toRow({ id, image, action, origin, actor, time }: DeploymentJson): string[] {
  return [
    String(id),
    shortImage(image),
    `${formatAge(Date.now() - Date.parse(time))} ago`,
    origin === null ? action : `${action} to ${origin}`,
    actor,
  ].map(cleanText);
}
