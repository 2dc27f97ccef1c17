import { JamdevError } from '../contract/errors/jamdev-error.js';

/** Errors that prevent `jamdev serve` from starting. */
export const serveErrors = {
  /** @param where the host or URL at which other machines reach the API */
  tokenNeeded: (where: string) =>
    new JamdevError(
      'Usage',
      `jamdev serve does not open ${where} to other machines while its database has no API token: anyone could start backends.`,
      'Create a token: npx jamdev token create ACCOUNT. Or leave out "host" and "publicUrl", so that only this machine can use it.',
    ),
  certificateUnusable: (detail: string) =>
    new JamdevError(
      'ConfigInvalid',
      `The certificate of "serve.tls" can't be used (${detail}).`,
      'Check that both files are in PEM format and readable, and that the key belongs to the certificate.',
    ),
  imageMissing: (service: string) =>
    new JamdevError(
      'ImageNotFound',
      `The service ${JSON.stringify(service)} has no image in the config.`,
      'Set services.NAME.image, or select an image with use-image.',
    ),
};
