import { JamdevError } from './jamdev-error.js';
import { quote } from './quote.js';

/** Errors about images in registries, and about the registry of `jamdev serve`. */
export const registryErrors = {
  registryUnavailable: (host: string, detail: string) =>
    new JamdevError(
      'RegistryUnavailable',
      `The registry ${host} can't be asked for images (${detail}).`,
      'Try again in a moment. To check the registry of jamdev serve: npx jamdev serve --check',
    ),
  /** @param detail why the registry did not resolve the image */
  imageUnresolvable: (reference: string, detail: string) =>
    new JamdevError(
      'ImageNotFound',
      `The image ${quote(reference)} can't be resolved to a digest: ${detail}.`,
      'Check its name and tag. If only the drones can pull the image, use REGISTRY/NAME@sha256:DIGEST.',
    ),
  imageOfOtherAccount: (reference: string, account: string) =>
    new JamdevError(
      'ImageNotFound',
      `The image ${quote(reference)} does not belong to the account ${quote(account)}.`,
      'Push the image to a service of your own account.',
    ),
  imageNotPushed: (service: string, name: string, known: readonly string[]) =>
    new JamdevError(
      'ImageNotFound',
      `The service ${quote(service)} has no image ${quote(name)} in the registry.`,
      known.length === 0 ? `To push one: jamsocket push ${service} IMAGE` : `Known tags: ${known.join(', ')}.`,
    ),
  registryMissing: () =>
    new JamdevError(
      'ImageNotFound',
      'This jamdev serve has no registry, so there are no images by tag.',
      'Use a full reference such as REGISTRY/NAME:TAG, or set serve.registry.',
    ),
  noRegistryToPushTo: () =>
    new JamdevError(
      'CloudOnly',
      'This jamdev serve has no registry to push to.',
      'Set serve.registry in its config, or push to another registry and call use-image with the full reference.',
    ),
  /** @param what such as "repository acme/doc" */
  scopeNotAllowed: (what: string, action: string, account: string) =>
    new JamdevError(
      'AccountNotAllowed',
      `The account ${quote(account)} can't ${action} the ${what}.`,
      'Images of a service are in the repository ACCOUNT/SERVICE.',
    ),
  pullOnly: (repository: string) =>
    new JamdevError(
      'AccountNotAllowed',
      `This credential only pulls from ${quote(repository)}.`,
      'To push, log in with the account and an API token.',
    ),
  credentialMissing: () =>
    new JamdevError(
      'Unauthorized',
      'The registry needs a login.',
      'Use the account as the user name and an API token as the password. To create a token: npx jamdev token create ACCOUNT',
    ),
  notificationRefused: () =>
    new JamdevError(
      'Unauthorized',
      "The notification does not have this registry's secret.",
      'Use the config file that jamdev serve --init wrote together with the signing key.',
    ),
};
