import { JamdevError } from '../contract/errors/jamdev-error.js';
import { quote } from '../contract/errors/quote.js';

/** Errors that keep the registry of `jamdev serve` from being set up or used. */
export const setupErrors = {
  signingKeyUnusable: (detail: string) =>
    new JamdevError(
      'ConfigInvalid',
      `The signing key of the registry can't be used: ${detail}.`,
      'Use signing-key.pem as written by jamdev serve --init: a private key, and its certificate.',
    ),
  registryFilesInTheWay: (folder: string, names: readonly string[]) =>
    new JamdevError(
      'FilesInTheWay',
      `${quote(folder)} already has ${names.join(', ')}; nothing was written.`,
      'Choose another folder, or keep these files: a new key would end the access of all clients.',
    ),
  registryFolderUnusable: (folder: string, detail: string) =>
    new JamdevError(
      'FolderUnusable',
      `The folder ${quote(folder)} can't be written to (${detail}).`,
      'Choose another folder, or fix its permissions.',
    ),
};
