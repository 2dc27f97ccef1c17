import { type Command, Option } from 'commander';
import type { DevFlags } from '../../../config/dev-flags.js';
import { usageError } from '../../../contract/errors/usage-error.js';
import { HOST_NAME_RULE, isHostName } from '../../../contract/hosts.js';
import { MAX_WARM } from '../../../contract/limits.js';
import { environment, port, wholeNumber } from '../../option-values.js';

/** Defaults that differ between the commands that start a dev server, as the help shows them. */
export interface DevDefaults {
  port: string;
  proxyPort: string;
  watch: string;
}

/** Adds the options of every command that starts a dev server. */
export function addDevOptions(command: Command, defaults: DevDefaults): Command {
  return (
    command
      .option(
        '--command <command>',
        'the command that starts a backend (default: from the config, or the start script)',
      )
      .option('--build <command>', 'the command that builds: run before the first backend and on every rebuild')
      .option('-e, --env <NAME=value>', 'a variable for every backend (repeatable)', environment)
      // Not --env-file, because Node.js would treat it as its own option at any position, and fail without the file.
      .option('--env-from <file>', 'a file with variables (repeatable; default: .env, if it exists)', collect)
      .option('-p, --port <port>', `port of the API (default: ${defaults.port})`, port('-p/--port'))
      .option('--proxy-port <port>', `port of the proxy (default: ${defaults.proxyPort})`, port('--proxy-port'))
      .option('--host <host>', 'listen on this host instead of loopback only')
      .option(
        '--allowed-host <name>',
        'an additional host name that may reach the dev server (repeatable)',
        allowedHost,
      )
      .option('--config <file>', 'the config file (default: jamsocket.config.json or jamdev.config.json)')
      .option('--no-remap-8080', "leave a Node.js backend's listen(8080) as it is")
      .option('-w, --watch <path>', `a file or folder to watch (repeatable; default: ${defaults.watch})`, collect)
      .option('--ignore <pattern>', 'a pattern of files not to watch, as in a .gitignore (repeatable)', collect)
      .option('--no-watch', 'do not rebuild on changes')
      .addOption(
        new Option(
          '--on-change <what>',
          'what happens to running backends after a good build (default: restart)',
        ).choices(['terminate', 'restart', 'keep']),
      )
      .addOption(new Option('--runtime <kind>', 'how backends run').choices(['docker', 'process']))
      .option('-f, --dockerfile <file>', 'the Dockerfile to build backends from')
      .option('-c, --context <folder>', 'the build context (default: the project folder)')
      .option('-n, --docker-network <name>', 'the Docker network that backends join')
      .option(
        '--platform <platform>',
        'build images for this platform (default: linux/amd64; native: the platform of this machine)',
      )
      .option('-s, --use-static-token', 'use one connection token per backend, which stays in the path')
      .option('--warm <number>', 'how many Node.js processes to start ahead of time (default: 1; 0: none)', warm)
      .option('--no-style-log-output', "show backends' output without its colors")
  );
}

/**
 * Returns the options that were typed. Commander sets a default for negatable options, but only typed options override
 * the config file.
 */
export function givenFlags(options: object, command: Command): DevFlags {
  const typed = Object.entries(options).filter(([name]) => command.getOptionValueSource(name) === 'cli');
  const { envFrom, allowedHost: allowedHosts, ...flags } = Object.fromEntries(typed);
  return { ...flags, ...(envFrom && { envFile: envFrom }), ...(allowedHosts && { allowedHosts }) };
}

function allowedHost(value: string, before: string[] = []): string[] {
  if (!isHostName(value)) throw usageError(`--allowed-host ${HOST_NAME_RULE}, not "${value}".`);
  return [...before, value];
}

function warm(value: string): number {
  const number = wholeNumber('--warm')(value);
  if (number > MAX_WARM) throw usageError(`--warm must be a number from 0 to ${MAX_WARM}, not "${value}".`);
  return number;
}

function collect(value: string, before: string[] | boolean | undefined): string[] {
  return [...(Array.isArray(before) ? before : []), value];
}
