import type { EnvironmentStateJson } from '../../../contract/deployments.js';
import { JamdevError } from '../../../contract/errors/jamdev-error.js';

/** Errors of commands that make a deployment or wait for it. */
export const deployCliErrors = {
  superseded: (
    service: string,
    environment: string,
    { deployment, image }: Pick<EnvironmentStateJson, 'deployment' | 'image'>,
  ) =>
    new JamdevError(
      'DeploymentSuperseded',
      `${service}/${environment} has been changed since: ${deployment?.actor ?? 'someone'} set it to ${image ?? 'no image'}.`,
      'This deployment succeeded, but a newer one replaced it. No more sessions are ended.',
    ),
};
