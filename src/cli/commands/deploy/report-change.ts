import type { DeployedJson, EnvironmentStateJson } from '../../../contract/deployments.js';
import type { CommandIo } from '../../io.js';
import { formatAge } from '../../terminal/duration.js';
import { formatTable } from '../../terminal/table.js';
import type { DeployClient } from './deploy-client.js';
import type { ChangeOptions } from './deploy-options.js';
import { settleSessions } from './settle-sessions.js';
import { shortImage } from './short-image.js';

/**
 * Applies the session policy of the options, and reports which image runs where.
 * @throws JamdevError `DeploymentSuperseded` if another deployment is made during the wait
 */
export async function reportChange(
  client: DeployClient,
  deployed: DeployedJson,
  options: ChangeOptions,
  io: CommandIo,
): Promise<void> {
  const { service, environment, deployment, changed } = deployed;
  if (!options.json) {
    const image = shortImage(deployment.image);
    io.out(changed ? describe(deployed) : `${service}/${environment} is already set to ${image}.`);
  }
  const states = await settleSessions(client, deployed, options, io);
  if (options.json) return io.json({ ...deployed, environments: states });
  printStates(states, io);
}

/** Prints which images the environments of a service run. */
function printStates(states: readonly EnvironmentStateJson[], io: CommandIo): void {
  const headings = ['ENVIRONMENT', 'IMAGE', 'SINCE', 'BY', 'SESSIONS'];
  for (const line of formatTable(headings, states.map(toRow))) io.out(line);
}

function toRow({ environment, image, pinned, deployment, sessions }: EnvironmentStateJson): string[] {
  const { current, earlier } = sessions;
  const others = earlier.length === 0 ? '' : `, ${earlier.length} on an earlier image`;
  return [
    environment,
    image === null ? '-' : `${shortImage(image)}${pinned ? '' : ' (not pinned)'}`,
    deployment === null ? '-' : `${formatAge(Date.now() - Date.parse(deployment.time))} ago`,
    deployment?.actor ?? '-',
    `${current}${others}`,
  ];
}

function describe({ service, environment, deployment, previous }: DeployedJson): string {
  const before = previous === null ? '' : `, after ${shortImage(previous.image)}`;
  return `${service}/${environment} runs ${shortImage(deployment.image)} from its next session on${before}.`;
}
