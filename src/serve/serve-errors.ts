import { JamdevError } from '../contract/errors/jamdev-error.js';

/** What keeps `jamdev serve` from starting. */
export const serveErrors = {
  tokenNeeded: (host: string) =>
    new JamdevError(
      'Usage',
      `jamdev serve does not listen on ${host} without an API token in its database: anybody who reaches it could start backends.`,
      'To listen on loopback only, leave out the host. To make a token: npx jamdev token create ACCOUNT',
    ),
  imageMissing: (service: string) =>
    new JamdevError(
      'ImageNotFound',
      `The service ${JSON.stringify(service)} has no image in the config.`,
      'Set services.NAME.image, or choose one by use-image.',
    ),
};
