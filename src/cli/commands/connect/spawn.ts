import { Command } from 'commander';
import type { ConnectResponse, V1SpawnResult } from '../../../contract/responses.js';
import { V1_OF_LIVE_STATUS } from '../../../contract/status.js';
import type { CommandIo } from '../../io.js';
import { addExamples } from '../../option-values.js';
import { addConnectOptions, type ConnectCommandOptions, connectFromCommandLine } from './connect-options.js';

/** `jamdev spawn`: prints the v1 dev-style spawn result. */
export function spawnCommand(io: CommandIo): Command {
  const command = new Command('spawn')
    .description('start a backend, or find the one that holds the key; prints the spawn result')
    .action(async (service: string, options: ConnectCommandOptions) => {
      const result = toV1SpawnResult(await connectFromCommandLine(service, options, io));
      io.json(result, options.json ? 0 : 2);
    });
  return addExamples(addConnectOptions(command), [
    ['jamdev spawn', 'a backend with a new random key'],
    ['jamdev spawn --key doc-1', 'the backend for doc-1, started if needed'],
    ['jamdev spawn -k doc-1 -e LEVEL=3 --wait', 'with a variable; returns when it is ready'],
    ['jamdev spawn chat -k room-7 -i 10m', 'of the service "chat", ended after 10 minutes without a connection'],
  ]);
}

/**
 * The v1 form of a connect response. The request itself goes through v2, as v1 has no user, auth or lifetime; keys and
 * their order are those of the platform's dev-style spawn result.
 */
function toV1SpawnResult(response: ConnectResponse): V1SpawnResult {
  return {
    name: response.backend_id,
    spawned: response.spawned,
    url: response.url,
    status_url: response.status_url.replace('/v2/backend/', '/backend/'),
    ready_url: '',
    status: response.status === 'terminated' ? 'Terminated' : V1_OF_LIVE_STATUS[response.status],
  };
}
