import type { Command } from 'commander';
import { checkEnv } from '../../../contract/env.js';
import { JamdevError } from '../../../contract/errors/jamdev-error.js';
import { usageError } from '../../../contract/errors/usage-error.js';
import { parseKey } from '../../../contract/key.js';
import type { ConnectResponse } from '../../../contract/responses.js';
import { openInBrowser } from '../../../os/open-browser.js';
import { findServer } from '../../client/find-server.js';
import type { CommandIo } from '../../io.js';
import { addClientOptions, type ClientOptions, duration, environment, jsonObject } from '../../option-values.js';
import { waitForReady } from './wait.js';

/** Options of `spawn` and `connect`: those of the platform's own client, plus jamdev's own. */
export interface ConnectCommandOptions extends ClientOptions {
  env?: Record<string, string>;
  key?: string;
  user?: string;
  auth?: Record<string, unknown>;
  maxIdleSeconds?: number;
  lifetimeLimitSeconds?: number;
  tag?: string;
  spawn: boolean;
  wait?: boolean;
  open?: boolean;
}

/** Adds the argument and options of `spawn` and `connect`. */
export function addConnectOptions(command: Command): Command {
  return addClientOptions(
    command
      .argument('[service]', 'the service, or service/environment', '-')
      .option('-k, --key <key>', 'the key of the backend; if a running backend holds it, that backend is returned')
      .option('-e, --env <NAME=value>', 'a variable for the backend (repeatable)', environment)
      .option('-u, --user <name>', 'sent to the backend as x-verified-username')
      .option('-a, --auth <json>', 'a JSON object, sent to the backend as x-verified-user-data', jsonObject('--auth'))
      .option(
        '-i, --max-idle-seconds <time>',
        'end the backend after this time without a connection: seconds, or 5m (default: 300)',
        duration('-i/--max-idle-seconds'),
      )
      .option(
        '-l, --lifetime-limit-seconds <time>',
        'end the backend this long after the spawn',
        duration('-l/--lifetime-limit-seconds'),
      )
      .option('-t, --tag <tag>', 'the image to run: latest, build-N, or your own tag (default: the newest build)')
      .option('--no-spawn', 'only look for the holder of the key')
      .option('--wait', 'return when the backend is ready; exit 1 with the reason if it ends first')
      .option('--open', 'open the connection URL in the browser'),
  );
}

/** Sends the connect request of a command line, and handles `--wait` and `--open`. */
export async function connectFromCommandLine(
  serviceArgument: string,
  options: ConnectCommandOptions,
  io: CommandIo,
): Promise<ConnectResponse> {
  const [service = '-', environmentName, more] = serviceArgument.split('/');
  if (service === '' || environmentName === '' || more !== undefined) {
    throw usageError(`"${serviceArgument}" is not a service.`, 'Use SERVICE or SERVICE/ENVIRONMENT.');
  }
  const body = toRequestBody(options);
  const client = await findServer(options, io.signal);
  const response = await client.connect(service, environmentName, body);
  const result = options.wait ? { ...response, status: await waitForReady(client, response, io) } : response;
  if (options.open && !(await openInBrowser(result.url)))
    io.err(`No browser could be opened; the URL is ${result.url}`);
  return result;
}

function toRequestBody(options: ConnectCommandOptions): unknown {
  asUsage(() => options.key === undefined || parseKey(options.key));
  asUsage(() => checkEnv(options.env ?? {}));
  if (!options.spawn && options.key === undefined) {
    throw usageError('--no-spawn needs a key.', 'Add --key with the key to look for.');
  }
  const spawn = options.spawn && {
    tag: options.tag,
    max_idle_seconds: options.maxIdleSeconds,
    lifetime_limit_seconds: options.lifetimeLimitSeconds,
    executable: { env: options.env },
  };
  return { key: options.key, user: options.user, auth: options.auth, spawn };
}

/** Reports a value that the API would refuse as a usage error. */
function asUsage(check: () => unknown): void {
  try {
    check();
  } catch (error) {
    throw error instanceof JamdevError ? usageError(error.message, error.remedy) : error;
  }
}
