import { type Command, Option } from 'commander';
import { SESSION_POLICIES, type SessionPolicy } from '../../../contract/deployments.js';
import { DEFAULT_ENVIRONMENT } from '../../../platform/services.js';

/** Options of all commands that change what environments run. */
export interface ChangeOptions {
  api?: string;
  config?: string;
  json?: boolean;
  wait?: boolean;
  sessions: SessionPolicy;
}

/** Options of the commands for a single environment. */
export interface EnvironmentOptions extends ChangeOptions {
  environment: string;
}

/** Adds the options of {@link ChangeOptions}. */
export function addChangeOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--sessions <policy>',
        'what happens to sessions on an earlier image: keep, drain (SIGTERM), now (SIGKILL)',
      )
        .choices(SESSION_POLICIES)
        .default('keep'),
    )
    .option('--wait', 'wait until no session runs an earlier image')
    .option('--api <url>', 'the URL of jamdev serve; the token is in JAMDEV_TOKEN (default: JAMDEV_API_URL)')
    .option('--config <file>', 'the config file of the project (default: the one in the current folder)')
    .option('--json', 'print JSON for programs');
}

/** Adds the options of {@link EnvironmentOptions}. */
export function addEnvironmentOptions(command: Command): Command {
  return addChangeOptions(
    command.option('-e, --environment <name>', 'the environment of the service', DEFAULT_ENVIRONMENT),
  );
}
