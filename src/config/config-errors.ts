import { fileError } from '../contract/errors/file-error.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { quote } from '../contract/errors/quote.js';

function didYouMean(nearest: string | undefined): string {
  return nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
}

/** Errors about the config file, the env files, and the commands and Dockerfiles in them. */
export const configErrors = {
  configMissing: (file: string) =>
    new JamdevError('ConfigUnreadable', `There is no config file ${file}.`, 'Check the path given with --config.'),
  configUnreadable: (file: string, detail: string) =>
    fileError('ConfigUnreadable', `${file} can't be read`, { path: file, use: 'read', detail }, 'Check the path.'),
  configTwice: (files: string[]) =>
    new JamdevError('ConfigInvalid', `There are two config files: ${files.join(' and ')}.`, 'Keep one of them.'),
  configNotJson: (file: string, line: number, column: number, detail: string) =>
    new JamdevError('ConfigInvalid', `${file} is not valid JSON at line ${line}, column ${column}: ${detail}.`, ''),
  configNotObject: (file: string, got: string) =>
    new JamdevError('ConfigInvalid', `${file} must hold a JSON object, not ${got}.`, ''),
  configUnknownKey: (file: string, key: string, nearest: string | undefined) =>
    new JamdevError('ConfigInvalid', `${file} has an unknown key "${key}".${didYouMean(nearest)}`, ''),
  configInvalid: (file: string, path: string, detail: string) =>
    new JamdevError('ConfigInvalid', `In ${file}, "${path}" ${detail}.`, ''),
  /** @param isConfigKey whether the config file has a key with that name */
  optionUnknown: (name: string, nearest: string | undefined, known: readonly string[], isConfigKey: boolean) =>
    new JamdevError(
      'Usage',
      `startDevServer() has no option ${quote(name)}.${isConfigKey ? '' : didYouMean(nearest)}`,
      isConfigKey ? 'Set it in the config file.' : `The options are: ${known.join(', ')}.`,
    ),
  optionInvalid: (path: string, detail: string) =>
    new JamdevError(
      'Usage',
      path === ''
        ? `The options of startDevServer() ${detail}.`
        : `The option "${path}" of startDevServer() ${detail}.`,
      '',
    ),
  publicUrlsOfOneOrigin: (file: string, origin: string) =>
    new JamdevError(
      'ConfigInvalid',
      `In ${file}, "publicUrl.api" and "publicUrl.proxy" have the same origin, ${origin}.`,
      'Use another host or port for one of them: pages of backends must not share the origin of the API.',
    ),
  serviceNameInvalid: (file: string, name: string) =>
    new JamdevError(
      'ConfigInvalid',
      `In ${file}, ${quote(name)} is not a valid service name.`,
      'Start with a lowercase letter, then use lowercase letters, digits and hyphens; 63 characters at most.',
    ),
  noServices: (file: string) =>
    new JamdevError(
      'ConfigInvalid',
      `In ${file}, "services" is empty.`,
      'Add at least one service, or leave out "services".',
    ),
  belongsToService: (file: string, key: string) =>
    new JamdevError(
      'ConfigInvalid',
      `In ${file}, "${key}" is set next to "services".`,
      'Move it into the service that it is for.',
    ),
  flagForOneService: (flag: string, services: readonly string[]) =>
    new JamdevError(
      'Usage',
      `${flag} works only in a project with one service; this project has ${services.join(', ')}.`,
      'Set it in the config file, in the service that it is for.',
    ),
  envFileUnreadable: (path: string, detail: string) =>
    fileError(
      'ConfigUnreadable',
      `The env file ${path} can't be read`,
      { path, use: 'read', detail },
      'Check "envFile" or --env-from.',
    ),
  envFileSilent: (path: string, seconds: number) =>
    new JamdevError(
      'ConfigUnreadable',
      `The env file ${path} could not be read within ${seconds} s: no program wrote to it and closed it.`,
      'Start or unlock the program that writes it, or set "envFile" to other files.',
    ),
  notAFile: (path: string, kind: string) =>
    new JamdevError(
      'ConfigUnreadable',
      `${path} is a ${kind}, not a regular file.`,
      'Replace it with a file, or choose another path.',
    ),
  notUtf8: (path: string, encoding: string) =>
    new JamdevError('ConfigUnreadable', `${path} is ${encoding}.`, 'Save it as UTF-8.'),
  fileTooLarge: (path: string, maxBytes: number) =>
    new JamdevError(
      'ConfigUnreadable',
      `${path} is larger than ${maxBytes / 1024 / 1024} MiB.`,
      'Check that it is the right file.',
    ),
  nothingToRun: (folder: string) =>
    new JamdevError(
      'NothingToRun',
      `There is nothing to run in ${folder}.`,
      'Pass a command, for example: npx jamdev dev --command "node server.js" (or add a "start" script to package.json, "command" to jamsocket.config.json, or a Dockerfile; for a new app: npx jamdev init my-app)',
    ),
  noCommand: (folder: string) =>
    new JamdevError(
      'NothingToRun',
      `There is no command in ${folder} to run as a child process.`,
      'Pass it, for example: npx jamdev dev --command "node server.js" (or add a "start" script to package.json, or "command" to jamsocket.config.json)',
    ),
  noDockerfile: (folder: string) =>
    new JamdevError(
      'NothingToRun',
      `There is no Dockerfile in ${folder}.`,
      'Pass its path with --dockerfile, or leave out --runtime docker.',
    ),
  imageNeverPulled: (service: string) =>
    new JamdevError(
      'NotSupported',
      `The service "${service}" can't be deployed: with "pullPolicy": "Never", drones don't pull its image.`,
      'Remove "pullPolicy" from this config and from the config of jamdev serve.',
    ),
  /** @param content a suggested Dockerfile */
  dockerfileToAdd: (service: string, path: string, content: string) =>
    new JamdevError(
      'NothingToRun',
      `The service "${service}" has no Dockerfile to build its image from: there is no ${path}.`,
      `Add this file, then try it with: npx jamdev dev --runtime docker\n\n${content}\n`,
    ),
  databaseMissing: () =>
    new JamdevError(
      'ConfigInvalid',
      'No database is configured.',
      'Set JAMDEV_SERVE_DATABASE to its URL, JAMDEV_SERVE_DATABASE_FILE to a file with the URL, or "serve.database" in the config file; or pass --database.',
    ),
  /** Leaves out the URL, which may contain a password. @param where the flag, variable or file that contains it */
  databaseUrlInvalid: (where: string) =>
    new JamdevError(
      'ConfigInvalid',
      `The database URL in ${where} is not a PostgreSQL URL.`,
      'Write it as postgres://USER:PASSWORD@HOST:PORT/NAME, with special characters of the password percent-encoded.',
    ),
  secretFileUnreadable: (variable: string, path: string, detail: string) =>
    fileError(
      'ConfigUnreadable',
      `The file ${path}, named by ${variable}, can't be read`,
      { path, use: 'read', detail },
      `Check ${variable}.`,
    ),
  /** @param variable the equivalent variable */
  serveInvalid: (key: string, variable: string, detail: string) =>
    new JamdevError('ConfigInvalid', `"serve.${key}" (${variable}) ${detail}.`, 'See docs/serve.md.'),
  serveMissing: (key: string, variable: string) =>
    new JamdevError(
      'ConfigInvalid',
      `jamdev serve needs "serve.${key}".`,
      `Set it in the config file, with ${variable} or with --${key}.`,
    ),
  registryKeyMissing: () =>
    new JamdevError(
      'ConfigInvalid',
      '"serve.registry" needs the signing key of the registry.',
      'Set "serve.registryKeyFile", or JAMDEV_SERVE_REGISTRY_KEY_FILE, to the signing-key.pem that jamdev serve --init writes.',
    ),
  registryUrlMissing: () =>
    new JamdevError(
      'ConfigInvalid',
      'jamdev serve --init needs the URL of the registry.',
      'Set "serve.registry" in the config file, or JAMDEV_SERVE_REGISTRY.',
    ),
  registryNeedsPort: () =>
    new JamdevError(
      'ConfigInvalid',
      'The registry can\'t reach jamdev serve on a changing port ("port": 0).',
      'Set "serve.publicUrl", or a fixed "serve.port".',
    ),
  variableNotJson: (variable: string, detail: string) =>
    new JamdevError('ConfigInvalid', `${variable} is not valid JSON: ${detail}.`, 'See docs/serve.md.'),
  portsEqual: (port: number) =>
    new JamdevError('Usage', `The API and the proxy can't both use port ${port}.`, 'Pass another --proxy-port.'),
};
