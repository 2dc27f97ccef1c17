import type { DeployedJson, EnvironmentStateJson } from '../../../contract/deployments.js';
import { pause } from '../../../os/clock.js';
import type { CommandIo } from '../../io.js';
import { deployCliErrors } from './deploy-cli-errors.js';
import type { DeployClient } from './deploy-client.js';
import type { ChangeOptions } from './deploy-options.js';
import { sayEarlier } from './say-earlier.js';

const POLL_MS = 1_000;

/**
 * Ends the sessions that run an earlier image according to the policy, and, with `wait`, waits until none is left.
 * @returns the state of the service's environments afterwards
 * @throws JamdevError `DeploymentSuperseded` if another deployment is made meanwhile
 */
export async function settleSessions(
  client: DeployClient,
  { service, environment, deployment }: DeployedJson,
  { wait = false, sessions: policy, json = false }: ChangeOptions,
  io: CommandIo,
): Promise<EnvironmentStateJson[]> {
  let told: number | undefined;
  try {
    for (;;) {
      const state = await client.settle(service, environment, policy);
      if (state.deployment?.id !== deployment.id) throw deployCliErrors.superseded(service, environment, state);
      const { length } = state.sessions.earlier;
      if (!wait || length === 0) return await client.environments(service);
      if (length !== told && !json) io.err(`Waiting: ${sayEarlier(length)}.`);
      told = length;
      await pause(POLL_MS, io.signal);
      io.signal.throwIfAborted();
    }
  } catch (error) {
    if (io.signal.aborted) {
      const rest = told === undefined ? '' : ` ${sayEarlier(told)}.`;
      io.err(`Stopped waiting. ${service}/${environment} stays at this deployment.${rest}`);
    }
    throw error;
  }
}
