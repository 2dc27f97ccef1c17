import { JamdevError } from './jamdev-error.js';
import { quote } from './quote.js';

/** Errors of changes to environments. */
export const deployErrors = {
  environmentNotFound: (service: string, environment: string, known: readonly string[]) =>
    new JamdevError(
      'EnvironmentNotFound',
      `The service ${quote(service)} has no environment ${quote(environment)}. It has: ${known.map(quote).join(', ')}.`,
      'To create one, deploy to it: npx jamdev deploy SERVICE --environment NAME',
    ),
  deploymentNotFound: (service: string, environment: string, id: number) =>
    new JamdevError(
      'DeploymentNotFound',
      `The environment ${quote(environment)} of service ${quote(service)} has no deployment ${id}.`,
      'List them: npx jamdev deployments SERVICE --environment NAME',
    ),
  environmentNameInvalid: (environment: string) =>
    new JamdevError(
      'InvalidRequest',
      `${quote(environment)} is not a valid environment name.`,
      'Use 1 to 63 lowercase letters, digits and hyphens, with a letter or digit first.',
    ),
  nothingDeployed: (service: string, environment: string) =>
    new JamdevError(
      'ImageNotFound',
      `The environment ${quote(environment)} of service ${quote(service)} runs no image yet.`,
      'Deploy to it first: npx jamdev deploy SERVICE --environment NAME',
    ),
  nothingBefore: (service: string, environment: string) =>
    new JamdevError(
      'NothingBefore',
      `The environment ${quote(environment)} of service ${quote(service)} ran no other image before.`,
      'There is no image to go back to. To deploy another one: npx jamdev deploy',
    ),
  promotedToItself: (environment: string) =>
    new JamdevError(
      'InvalidRequest',
      `The environment ${quote(environment)} can't be promoted to itself.`,
      'Pass two environments: npx jamdev promote staging production',
    ),
  changedMeanwhile: (service: string, environment: string) =>
    new JamdevError(
      'DeploymentConflict',
      `The environment ${quote(environment)} of service ${quote(service)} was changed by someone else at the same moment.`,
      'Check what it runs now, and repeat the command if it is still needed.',
    ),
};
