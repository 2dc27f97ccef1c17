import { Command } from 'commander';
import { usageError } from '../../../contract/errors/usage-error.js';
import { isImageReference } from '../../../contract/image-reference.js';
import type { CommandIo } from '../../io.js';
import { addExamples } from '../../option-values.js';
import { addEnvironmentOptions, type EnvironmentOptions } from './deploy-options.js';
import { runDeploy } from './run-deploy.js';

/** Options of `jamdev deploy`. */
export interface DeployOptions extends EnvironmentOptions {
  image?: string;
}

/** Creates `jamdev deploy`, which builds and pushes an image, and sets an environment to run it. */
export function deployCommand(io: CommandIo): Command {
  const command = new Command('deploy')
    .argument('[service]', 'the service (default: all services of the config)')
    .option(
      '--image <repository>',
      'push to your own registry (default: "image" of the service, or the registry of jamdev serve)',
      repository,
    )
    .action((service: string | undefined, options: DeployOptions) => runDeploy(service, options, io));
  return addExamples(addEnvironmentOptions(command), [
    ['jamdev deploy', 'deploy every service to the environment "default"'],
    ['jamdev deploy chat --environment staging', 'deploy one service to another environment'],
    ['jamdev deploy --sessions drain --wait', 'end running sessions with SIGTERM; return when all run the new image'],
    ['jamdev deploy chat --image registry.example.com/team/chat', 'use your own registry, after docker login'],
  ]);
}

/** Checks the value of --image. @returns `HOST/NAME`, without tag and digest */
function repository(text: string): string {
  if (!isImageReference(text))
    throw usageError(`--image must be a repository such as registry.example.com/app, not "${text}".`);
  return text;
}
