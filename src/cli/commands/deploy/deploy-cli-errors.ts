import type { EnvironmentStateJson } from '../../../contract/deployments.js';
import { JamdevError } from '../../../contract/errors/jamdev-error.js';

/** Deployments that a command can't make or wait for. */
export const deployCliErrors = {
  superseded: (
    service: string,
    environment: string,
    { deployment, image }: Pick<EnvironmentStateJson, 'deployment' | 'image'>,
  ) =>
    new JamdevError(
      'DeploymentSuperseded',
      `${service}/${environment} has been changed since: ${deployment?.actor ?? 'someone'} set it to ${image ?? 'no image'}.`,
      'This deployment was made, but another one came after it. Nothing more is done to sessions.',
    ),
};
