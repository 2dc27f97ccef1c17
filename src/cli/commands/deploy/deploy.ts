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

/** `jamdev deploy`: builds, pushes, and has an environment run the image. */
export function deployCommand(io: CommandIo): Command {
  const command = new Command('deploy')
    .argument('[service]', 'the service (default: all of the config)')
    .option(
      '--image <repository>',
      'push to a registry of your own (default: "image" of the service, or that of jamdev serve)',
      repository,
    )
    .action((service: string | undefined, options: DeployOptions) => runDeploy(service, options, io));
  return addExamples(addEnvironmentOptions(command), [
    ['jamdev deploy', 'every service, to the environment "default"'],
    ['jamdev deploy chat --environment staging', 'one service, to another environment'],
    ['jamdev deploy --sessions drain --wait', 'and end running sessions softly; return when all run the new image'],
    ['jamdev deploy chat --image registry.example.com/team/chat', 'by a registry of your own, after docker login'],
  ]);
}

/** @returns `HOST/NAME`, without tag and digest */
function repository(text: string): string {
  if (!isImageReference(text))
    throw usageError(`--image must be a repository such as registry.example.com/app, not "${text}".`);
  return text;
}
