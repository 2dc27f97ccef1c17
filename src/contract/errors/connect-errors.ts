import { JamdevError } from './jamdev-error.js';
import { quote } from './quote.js';

/** Errors of connect requests. */
export const connectErrors = {
  emptyKey: () => new JamdevError('InvalidKey', 'The key is empty.', 'Use 1 to 128 characters, or leave out the key.'),
  longKey: (length: number) =>
    new JamdevError('InvalidKey', `The key has ${length} characters; at most 128 are allowed.`, 'Use a shorter key.'),
  keyNotString: (got: string) =>
    new JamdevError('InvalidKey', `The key must be a string, not ${got}.`, 'Use 1 to 128 characters.'),
  keyNotText: () =>
    new JamdevError('InvalidKey', 'The key contains a NUL or half a surrogate pair.', 'Use valid Unicode text.'),
  identityTooLarge: (userBytes: number, authBytes: number, limitBytes: number) =>
    new JamdevError(
      'InvalidRequest',
      `"user" (${userBytes} bytes) and "auth" (${authBytes} bytes as JSON) are too large: backends get them as headers, with at most ${limitBytes} bytes in total.`,
      'Send an id in "auth" and let the backend look up the rest.',
    ),
  keyRequired: () =>
    new JamdevError('KeyRequired', '"spawn": false needs a key.', 'Pass the key of the backend to look for.'),
  reservedEnv: (name: string) =>
    new JamdevError('ReservedEnv', `"${name}" is set by the platform and can't be set in "env".`, 'Rename it.'),
  keyUnheld: (key: string, service: string) =>
    new JamdevError(
      'KeyUnheldNoSpawnConfig',
      `No running backend of service "${service}" holds the key ${quote(key)}, and the request does not allow a spawn.`,
      'To start one, leave out "spawn": false (--no-spawn on the command line).',
    ),
  mountInUse: (key: string, service: string, pid: number, apiUrl: string | undefined) =>
    new JamdevError(
      'MountInUse',
      `The mount of the key ${quote(key)} of service "${service}" is in use by a backend of another dev server (pid ${pid}${apiUrl === undefined ? '' : `, ${apiUrl}`}).`,
      `Terminate that backend (npx jamdev terminate${apiUrl === undefined ? '' : ` --api ${apiUrl}`}), use another key, or connect without "mount".`,
    ),
  mountOutside: (path: string) =>
    new JamdevError(
      'InvalidRequest',
      `The mount ${quote(path)} is outside the folder of its key.`,
      'Pass true, or a relative path without "." and "..".',
    ),
  buildFailed: (what: string, lastLines: string[]) =>
    new JamdevError(
      'BuildFailed',
      `The build failed (${what}).${lastLines.length > 0 ? ` Its last lines:\n${lastLines.join('\n')}` : ''}`,
      'Fix it; if watching is off, run: npx jamdev build',
    ),
  largeSpawn: (bytes: number, limitBytes: number) =>
    new JamdevError(
      'NotSupported',
      `"env", image and key of this spawn have ${bytes} bytes as JSON. jamdev serve accepts at most ${limitBytes}, and Plane fails with 500 slightly above that.`,
      'Send less in "env", for example a URL where the backend gets the rest.',
    ),
  identityIgnored: () =>
    new JamdevError(
      'NotSupported',
      '"user" and "auth" of the connect request do not reach the backend: with static tokens, all clients share one token.',
      'To get them, leave out useStaticToken.',
    ),
};
