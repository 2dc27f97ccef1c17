import { explainSystemError, type FileUse } from './system-errors.js';

/**
 * Every error that jamdev itself raises: its code, the HTTP status it maps to, and the sentences a person reads.
 * A message says what happened and with which value; a remedy says what to do next.
 */

/** Error code -> HTTP status. Codes the platform itself uses: `KeyUnheldNoSpawnConfig`, `BackendNotRunning`. */
export const HTTP_STATUS_OF = {
  InvalidJson: 400,
  InvalidRequest: 400,
  InvalidKey: 400,
  KeyRequired: 400,
  ReservedEnv: 400,
  BodyTooLarge: 413,
  HeadersTooLarge: 431,
  RequestTimeout: 408,
  HostNotAllowed: 403,
  OriginNotAllowed: 403,
  HostOfOtherBackend: 403,
  RouteNotFound: 404,
  MethodNotAllowed: 405,
  BackendNotFound: 404,
  ServiceNotFound: 404,
  ImageNotFound: 404,
  ServiceExists: 409,
  ServiceConfigured: 409,
  ServiceInUse: 409,
  BackendNotRunning: 409,
  MountInUse: 409,
  KeyUnheldNoSpawnConfig: 409,
  BuildFailed: 503,
  DockerMissing: 503,
  DockerStopped: 503,
  DockerForbidden: 503,
  ImageGone: 503,
  ConfigUnreadable: 503,
  DockerNetworkMissing: 503,
  ContainerNotStarted: 503,
  DiskFull: 503,
  ShuttingDown: 503,
  CloudOnly: 501,
  TokenMissing: 400,
  TokenUnknown: 410,
  BackendEnded: 410,
  BackendUnreachable: 502,
  BackendAnswerInvalid: 502,
  BackendNotReady: 503,
  BackendReplaced: 503,
  Internal: 500,
  // The codes below never travel over HTTP: they end a command.
  ConfigInvalid: 500,
  NothingToRun: 500,
  WatchFailed: 500,
  NotSupported: 500,
  PortTaken: 500,
  HostUnavailable: 500,
  LeftBehind: 500,
  StateFolderUnusable: 500,
  StateFolderUnsafe: 500,
  ProcessTableUnreadable: 500,
  CommandNotFound: 500,
  CommandNotExecutable: 500,
  CommandNotStarted: 500,
  ExecNotFound: 500,
  ExecNotExecutable: 500,
  NoDevServer: 500,
  DevServerUnreachable: 500,
  FilesInTheWay: 500,
  FolderUnusable: 500,
  SystemRefused: 503,
  RunnerGone: 500,
  AlreadyRunning: 500,
  Usage: 500,
} as const;

export type ErrorCode = keyof typeof HTTP_STATUS_OF;

/** Error code -> seconds after which a client may try again, for what passes by itself. */
export const RETRY_AFTER_SECONDS: Partial<Record<ErrorCode, number>> = {
  BackendNotReady: 5,
  BackendReplaced: 1,
};

/** An error with a code, a sentence for the person who caused or met it, and a remedy. */
export class JamdevError extends Error {
  override readonly name = 'JamdevError';

  /**
   * @param code one of the codes of {@link HTTP_STATUS_OF}
   * @param message what happened, with the value
   * @param remedy what to do next, as a sentence; empty when there is nothing to do
   * @param lastLines what was printed before it happened, oldest first
   */
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly remedy = '',
    readonly lastLines: readonly string[] = [],
  ) {
    super(message);
  }

  /** The HTTP status this error is answered with. */
  get status(): number {
    return HTTP_STATUS_OF[this.code];
  }

  /** The whole text: what happened, then the remedy; in one line unless there is output, or the message has several. */
  get sentence(): string {
    const output = this.lastLines.length === 0 ? '' : ` Its last lines:\n${this.lastLines.join('\n')}`;
    const told = `${this.message}${output}`;
    if (this.remedy === '') return told;
    return `${told}${told.includes('\n') ? '\n' : ' '}${this.remedy}`;
  }
}

/** The wire shape of an error (platform contract, "HTTP API"). `id` also stands in the dev server's own output. */
export interface ErrorBody {
  error: { message: string; status: number; code: string; id: string };
}

/** @returns the JSON body of an error answer. */
export function errorBody(error: JamdevError, id: string): ErrorBody {
  return { error: { message: error.sentence, status: error.status, code: error.code, id } };
}

/** Shortens a value that a person typed, so that a message stays readable, and escapes what a terminal would obey. */
function quote(value: string): string {
  const isLong = value.length > 80;
  const quoted = JSON.stringify(isLong ? `${value.slice(0, 77)}...` : value).replace(
    /[\u007f-\u009f]/g,
    (control) => `\\u00${control.charCodeAt(0).toString(16)}`,
  );
  return isLong ? `${quoted} (${value.length} characters)` : quoted;
}

function didYouMean(nearest: string | undefined): string {
  return nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
}

/**
 * An error of the system about a file or folder.
 * @param what what jamdev can't do, as the beginning of a sentence
 * @param cause `detail`: the system's name of the error, such as ENOSPC; another text stands for itself
 * @param otherwise the remedy where the error itself does not suggest one
 */
function fileProblem(
  code: ErrorCode,
  what: string,
  cause: { path: string; use: FileUse; detail: string },
  otherwise: string,
): JamdevError {
  const { reason, remedy } = explainSystemError(cause.detail, cause.path, cause.use);
  // Who gave the path knows best where to correct it.
  const ownRemedy = cause.detail === 'ENOENT' && cause.use === 'read' ? '' : remedy;
  return new JamdevError(code, `${what}: ${reason}.`, ownRemedy === '' ? otherwise : ownRemedy);
}

const WITHOUT_DOCKER = 'run backends as child processes: npx jamdev dev --runtime process';

/** How a request came to have no token, as far as that can be told. */
export type LostBy =
  /** A page behind a connection URL asked for an absolute path; `instead` is what leads there. */
  | { asked: string; instead: string }
  /** The page was opened without the slash after the token, so that not even relative URLs keep it. */
  | 'slash missing'
  /** socket.io puts its own path behind the host, whatever the URL it is given. */
  | 'socket.io';

function howToAsk(by: LostBy | undefined): string {
  switch (by) {
    case undefined:
      return 'Use the whole connection URL, http://localhost:PORT/TOKEN/, and relative URLs in pages.';
    case 'slash missing':
      return 'The page that asked for it was opened without the "/" after the token: open http://localhost:PORT/TOKEN/.';
    case 'socket.io':
      return 'Give socket.io the path: io("http://localhost:PORT", { path: "/TOKEN/socket.io/" }).';
    default:
      return `A page behind a connection URL requested it: use the relative path ${quote(by.instead)}; ${quote(by.asked)} drops the token.`;
  }
}

/** Why changes to a path go unnoticed, and what to do, by the system's error code. */
const WHY_UNWATCHABLE: Record<string, [why: string, remedy: string]> = {
  EACCES: ['this user may not read it (EACCES)', 'Change its mode'],
  EPERM: ['this user may not read it (EPERM)', 'Change its mode'],
  ELOOP: ['it is a link that leads back to itself (ELOOP)', 'Correct the link'],
  ENAMETOOLONG: ['its path is too long for the system (ENAMETOOLONG)', 'Shorten it'],
  EPSEUDO: ['it leads to a file system of the kernel, not to files', 'Remove the link'],
};

/** All messages in one place, by what went wrong. Each function returns an error to throw. */
export const problem = {
  invalidJson: (detail: string) =>
    new JamdevError('InvalidJson', `The request body is not valid JSON: ${detail}.`, 'Send a JSON object, or no body.'),
  bodyNotObject: (got: string) =>
    new JamdevError('InvalidRequest', `The request body must be a JSON object, not ${got}.`, 'Send {} or no body.'),
  invalidField: (path: string, detail: string) => new JamdevError('InvalidRequest', `"${path}" ${detail}.`),
  bodyTooLarge: (limitBytes: number) =>
    new JamdevError('BodyTooLarge', `The request body is larger than ${limitBytes} bytes.`, 'Send less.'),
  bodyUnreadable: (detail: string) =>
    new JamdevError('InvalidRequest', `The request body could not be read: ${detail}.`, 'Send plain JSON in UTF-8.'),
  requestUnreadable: (detail: string) =>
    new JamdevError(
      'InvalidRequest',
      `The request could not be read as HTTP: ${detail}.`,
      'Send a content-length in bytes. The jamsocket command counts characters, so it can send ASCII only; jamdev connect takes any.',
    ),
  requestNotHttp: (detail: string) =>
    new JamdevError('InvalidRequest', `The request is not valid HTTP/1.1: ${detail}.`, 'Fix the client that sent it.'),
  requestHeadersTooLarge: (limitBytes: number) =>
    new JamdevError(
      'HeadersTooLarge',
      `The request line and headers that the client sent are larger than ${limitBytes / 1024} KiB.`,
      'Send less: a large cookie is the usual reason. On localhost, the apps on all ports share their cookies.',
    ),
  tooMuchBeforeUpgrade: () =>
    new JamdevError(
      'BodyTooLarge',
      'The client sent more than 64 KiB before its upgrade was answered.',
      'Wait for the answer (101) before sending.',
    ),
  requestTimeout: () =>
    new JamdevError('RequestTimeout', 'The headers of the request did not arrive within a minute.', 'Send it again.'),
  chunkExtensionsTooLarge: () =>
    new JamdevError('BodyTooLarge', 'The chunk extensions of the request body are larger than 16 KiB.', 'Send fewer.'),
  pathUnreadable: (detail: string) =>
    new JamdevError('InvalidRequest', `The path could not be read: ${detail}.`, 'Encode it as UTF-8, "%" as %25.'),
  emptyKey: () => new JamdevError('InvalidKey', 'The key is empty.', 'Give 1 to 128 characters, or no key at all.'),
  longKey: (length: number) =>
    new JamdevError('InvalidKey', `The key has ${length} characters; at most 128 are allowed.`, 'Use a shorter key.'),
  keyNotString: (got: string) =>
    new JamdevError('InvalidKey', `The key must be a string, not ${got}.`, 'Give 1 to 128 characters.'),
  keyNotText: () =>
    new JamdevError('InvalidKey', 'The key contains a NUL or half a surrogate pair.', 'Use valid Unicode text.'),
  identityTooLarge: (userBytes: number, authBytes: number, limitBytes: number) =>
    new JamdevError(
      'InvalidRequest',
      `"user" (${userBytes} bytes) and "auth" (${authBytes} bytes as JSON) are too large: backends get them as headers, and at most ${limitBytes} bytes together are allowed.`,
      'Send an id in "auth" and let the backend look up the rest.',
    ),
  keyRequired: () =>
    new JamdevError('KeyRequired', '"spawn": false needs a key.', 'Pass the key of the backend to look for.'),
  reservedEnv: (name: string) =>
    new JamdevError('ReservedEnv', `"${name}" is set by the platform and can't be given in env.`, 'Rename it.'),
  keyUnheld: (key: string, service: string) =>
    new JamdevError(
      'KeyUnheldNoSpawnConfig',
      `No running backend of service "${service}" holds the key ${quote(key)}, and the request does not spawn.`,
      'To start one, leave out "spawn": false (--no-spawn on the command line).',
    ),
  hostNotAllowed: (host: string) =>
    new JamdevError(
      'HostNotAllowed',
      `The host ${quote(host)} is not allowed to reach the dev server.`,
      'Use localhost, or add it to "allowedHosts" in the config.',
    ),
  originNotAllowed: (origin: string) =>
    new JamdevError(
      'OriginNotAllowed',
      `Pages from ${quote(origin)} may only read statuses.`,
      'Call the API from your own server, or from a page on localhost.',
    ),
  siteNotAllowed: () =>
    new JamdevError(
      'OriginNotAllowed',
      'A page of another site sent this request, according to its header Sec-Fetch-Site.',
      'Call the API from your own server, or from a page on localhost.',
    ),
  backendPageNotAllowed: (origin: string) =>
    new JamdevError(
      'OriginNotAllowed',
      `${quote(origin)} serves pages of backends. They may only read statuses, like pages of other sites.`,
      'Call the API from your own server, or from a page of your front end.',
    ),
  pageCalledApi: (origin: string) =>
    new JamdevError(
      'NotSupported',
      `The page ${quote(origin)} calls the API directly. That works with jamdev only: in production the API needs a secret, which belongs on a server.`,
      'Connect from your server, and pass the connection URL to the page.',
    ),
  writtenByItself: (file: string, byBuild: boolean) =>
    new JamdevError(
      'WatchFailed',
      `${byBuild ? 'The build itself' : 'A backend'} writes ${quote(file)}, so changes to that file during ${byBuild ? 'a build' : 'the start or end of a backend'} start no build.`,
      `To stop watching it, add "ignore": [${quote(`/${file}`)}] to the config file.`,
    ),
  importNotWatched: (service: string, file: string, folder: string) =>
    new JamdevError(
      'WatchFailed',
      `The service ${quote(service)} imports ${quote(file)}, which is not watched: changes to it start no build.`,
      `To watch it, add ${quote(folder)} to "watch" in the config, next to the paths that are watched now.`,
    ),
  needsRestart: (file: string, what: readonly string[]) =>
    new JamdevError(
      'NotSupported',
      `These changes in ${file} take effect after a restart: ${what.join(', ')}.`,
      'Stop jamdev dev and start it again.',
    ),
  configNotUsed: (reason: string) =>
    new JamdevError('ConfigInvalid', `The changed config is not used: ${reason}`, 'The previous config stays in use.'),
  routeNotFound: (method: string, path: string) =>
    new JamdevError(
      'RouteNotFound',
      `There is no endpoint ${method} ${quote(path)}.`,
      'See /openapi.json for all endpoints.',
    ),
  methodNotAllowed: (method: string, path: string, allowed: readonly string[]) =>
    new JamdevError('MethodNotAllowed', `${quote(path)} does not take ${method}.`, `Use ${allowed.join(' or ')}.`),
  backendNotFound: (id: string) =>
    new JamdevError('BackendNotFound', `There is no backend ${quote(id)}.`, 'List the backends: npx jamdev list'),
  backendNotRunning: (id: string) =>
    new JamdevError('BackendNotRunning', `The backend "${id}" has already terminated.`, 'There is nothing to do.'),
  serviceNotFound: (name: string, known: string[]) =>
    new JamdevError('ServiceNotFound', `There is no service ${quote(name)}.`, `Known services: ${known.join(', ')}.`),
  serviceNameUnusable: (name: string) =>
    new JamdevError(
      'InvalidRequest',
      `${quote(name)} can't be the name of a service.`,
      'Use small letters, digits and hyphens; at most 63.',
    ),
  serviceExists: (name: string) =>
    new JamdevError('ServiceExists', `There is a service "${name}" already.`, 'Choose another name, or use it.'),
  serviceConfigured: (name: string) =>
    new JamdevError(
      'ServiceConfigured',
      `The service "${name}" comes from the project's config and can't be deleted here.`,
      'Take it out of the config file.',
    ),
  serviceInUse: (name: string, backends: number) =>
    new JamdevError(
      'ServiceInUse',
      `The service ${quote(name)} has ${backends === 1 ? 'a running backend' : `${backends} running backends`}.`,
      'End them first: npx jamdev terminate --all',
    ),
  /** @param inDocker whether images of the local engine can be run */
  imageNotFound: (service: string, tag: string, known: readonly string[], inDocker: boolean) =>
    new JamdevError(
      'ImageNotFound',
      `The service ${quote(service)} has no image with the tag ${quote(tag)}.`,
      `${known.length === 0 ? 'It has none yet.' : `Known tags: ${known.join(', ')}.`} ${
        inDocker
          ? `To tag a local image: docker tag IMAGE ${service}:TAG`
          : 'Tags of your own need backends that run in Docker.'
      }`,
    ),
  buildFailed: (what: string, lastLines: string[]) =>
    new JamdevError(
      'BuildFailed',
      `The build failed (${what}).${lastLines.length > 0 ? ` Its last lines:\n${lastLines.join('\n')}` : ''}`,
      'Fix it; if watching is off, run: npx jamdev build',
    ),
  shuttingDown: () =>
    new JamdevError('ShuttingDown', 'The dev server is stopping.', 'Start it again with: npx jamdev dev'),
  loginNeedsCloud: () =>
    new JamdevError(
      'CloudOnly',
      'Logging in through the browser needs the cloud.',
      'Here any token works: jamsocket login --token local.token',
    ),
  pushNeedsCloud: (service: string) =>
    new JamdevError(
      'CloudOnly',
      'No registry is needed: the image is already tagged locally.',
      `Where backends run in Docker, use it by its tag: jamsocket connect ${service} -t TAG (push with -t TAG as well: "latest" is the newest build here)`,
    ),
  tokenMissing: (by?: LostBy) => new JamdevError('TokenMissing', 'The path has no connection token.', howToAsk(by)),
  notAToken: (segment: string, by?: LostBy) =>
    new JamdevError(
      'TokenUnknown',
      // A long one may be a token that was not copied whole.
      segment.length < 32
        ? `The path begins with ${quote(segment)}, which is not a connection token.`
        : `The path begins with ${segment.length} characters that are not a connection token, which has 43, or "s." and 43.`,
      howToAsk(by),
    ),
  tokenUnknown: () =>
    new JamdevError(
      'TokenUnknown',
      'The connection token is unknown or has expired.',
      'Ask for a new connection URL: connect again.',
    ),
  hostOfOtherBackend: (host: string, label: string, id: string) =>
    new JamdevError(
      'HostOfOtherBackend',
      `The host ${quote(host)} names the backend ${quote(label)}, but the connection token is for the backend "${id}".`,
      'Use the connection URL as it was returned, or the host name of its own backend.',
    ),
  identityIgnored: () =>
    new JamdevError(
      'NotSupported',
      'With static tokens, "user" and "auth" of a connect request do not reach the backend: all share one token.',
      'Leave out useStaticToken to get them.',
    ),
  backendEnded: (id: string, why: string, lastLines: readonly string[] = []) =>
    new JamdevError(
      'BackendEnded',
      `The backend "${id}" has ended: ${why}.`,
      `Connect again to get a new one. Full log: npx jamdev logs ${id}`,
      lastLines,
    ),
  backendAnswerInvalid: (id: string, detail: string) =>
    new JamdevError(
      'BackendAnswerInvalid',
      `The answer of the backend "${id}" is not valid HTTP/1.1: ${detail}.`,
      `Fix what the backend sends. See what it printed: npx jamdev logs ${id}`,
    ),
  backendHeadersTooLarge: (id: string, limitBytes: number) =>
    new JamdevError(
      'BackendAnswerInvalid',
      `The headers of the answer that the backend "${id}" sent are larger than ${limitBytes / 1024} KiB.`,
      'Send less: many or large Set-Cookie headers are the usual reason.',
    ),
  backendUnreachable: (id: string, detail: string, explanation = '') =>
    new JamdevError(
      'BackendUnreachable',
      `The backend "${id}" does not answer on its port (${detail}).${explanation === '' ? '' : ` ${explanation}`}`,
      `See what it printed: npx jamdev logs ${id}`,
    ),
  backendNotReady: (id: string, reason: string) =>
    new JamdevError('BackendNotReady', `The backend "${id}" is not ready.`, `${reason} jamdev keeps waiting for it.`),
  backendReplaced: (id: string, build: number) =>
    new JamdevError(
      'BackendReplaced',
      `The process of the backend "${id}" ended before it answered: build ${build} replaced it.`,
      'Send the request again. The old process may have handled part of it.',
    ),
  internal: () =>
    new JamdevError('Internal', 'Something went wrong inside jamdev.', "Look for this id in the dev server's output."),

  configMissing: (file: string) =>
    new JamdevError('ConfigUnreadable', `There is no config file ${file}.`, 'Check the path given with --config.'),
  configUnreadable: (file: string, detail: string) =>
    fileProblem('ConfigUnreadable', `${file} can't be read`, { path: file, use: 'read', detail }, 'Check the path.'),
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
  serviceNameInvalid: (file: string, name: string) =>
    new JamdevError(
      'ConfigInvalid',
      `In ${file}, ${quote(name)} can't be the name of a service.`,
      'Use a small letter first, then small letters, digits and hyphens; at most 63.',
    ),
  noServices: (file: string) =>
    new JamdevError('ConfigInvalid', `In ${file}, "services" is empty.`, 'Name at least one, or leave "services" out.'),
  belongsToService: (file: string, key: string) =>
    new JamdevError(
      'ConfigInvalid',
      `In ${file}, "${key}" is set next to "services".`,
      'Move it into the service that it is meant for.',
    ),
  flagForOneService: (flag: string, services: readonly string[]) =>
    new JamdevError(
      'Usage',
      `${flag} is for a project with one service; this one has ${services.join(', ')}.`,
      'Set it in the config file, in the service that it is meant for.',
    ),
  envFileUnreadable: (path: string, detail: string) =>
    fileProblem(
      'ConfigUnreadable',
      `The env file ${path} can't be read`,
      { path, use: 'read', detail },
      'Check "envFile", or --env-from.',
    ),
  envFileSilent: (path: string, seconds: number) =>
    new JamdevError(
      'ConfigUnreadable',
      `The env file ${path} could not be read within ${seconds} s: no program wrote all of it.`,
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
  folderMissing: (folder: string) =>
    new JamdevError('NothingToRun', `There is no folder ${folder}.`, 'Check the path.'),
  /** @param path empty when the system did not say */
  systemRefused: (verb: string, path: string, detail: string) =>
    fileProblem(
      'SystemRefused',
      `jamdev can't ${verb}${path === '' ? ' a file' : ` ${path}`}`,
      { path: path === '' ? 'the project' : path, use: 'use', detail },
      'Check the path, its permissions, and the limits of this user (ulimit -a).',
    ),
  fewDescriptors: (limit: number, needed: number) =>
    new JamdevError(
      'SystemRefused',
      `This process may have only ${limit} file descriptors (ulimit -n); a dev server needs ${needed}: 3 for each session, 2 for each connection.`,
      'Raise the limit in the shell before you start it: ulimit -n 4096 (if the shell refuses, the hard limit is set in /etc/security/limits.conf or by the container).',
    ),
  currentFolderGone: () =>
    new JamdevError(
      'FolderUnusable',
      'The current folder has been deleted or moved.',
      'Change to a folder that exists (cd ..), and run the command there.',
    ),
  logNotWritten: (backendId: string, detail: string, path: string) =>
    fileProblem(
      'StateFolderUnusable',
      `Logs can't be written, so what backends print is only shown here (first: ${backendId})`,
      { path, use: 'write', detail },
      'Make the folder of the logs writable.',
    ),
  outputNotWritten: (detail: string) =>
    fileProblem(
      'StateFolderUnusable',
      "The output can't be written where it was redirected to",
      { path: 'the output file', use: 'write', detail },
      'Redirect it to another file.',
    ),
  nothingToRun: (folder: string) =>
    new JamdevError(
      'NothingToRun',
      `There is nothing to run in ${folder}.`,
      'Pass a command, for example: npx jamdev dev --command "node server.js" (or put "command" in jamsocket.config.json, a "start" script in package.json, or a Dockerfile)',
    ),
  usingChildProcesses: (why: string) =>
    new JamdevError('NotSupported', `${why} Backends run as child processes instead.`, ''),
  watchProblem: (detail: string) =>
    new JamdevError(
      'WatchFailed',
      `Some changes may go unnoticed (${detail}).`,
      'Watch less ("watch" in the config), raise the system\'s limit of watched files, or build by hand: npx jamdev build',
    ),
  watchedPathMissing: (path: string) =>
    new JamdevError(
      'WatchFailed',
      `Watched path ${path} does not exist.`,
      'Correct "watch" if that is a mistake: the path is watched as soon as it exists.',
    ),
  /** @param code the system's, such as EACCES */
  pathUnwatchable: (path: string, code: string) => {
    const [why, remedy] = WHY_UNWATCHABLE[code] ?? [`it can't be read (${code})`, 'Check it'];
    return new JamdevError(
      'WatchFailed',
      `Changes to ${path} go unnoticed: ${why}.`,
      `${remedy}, or add it to "ignore" in the config. Everything else is watched.`,
    );
  },
  /** @param folders how many are not watched; `example` is one of them */
  watchLimitReached: (code: string, folders: number, example: string) => {
    const limit = code === 'ENOSPC' ? 'max_user_watches' : 'max_user_instances';
    const what = folders === 1 ? `the folder ${example}` : `${folders} folders, such as ${example},`;
    return new JamdevError(
      'WatchFailed',
      `Changes in ${what} go unnoticed: this user's limit of watches is reached (${code}).`,
      `Raise it: sudo sysctl fs.inotify.${limit}=${code === 'ENOSPC' ? 524_288 : 1024}; or watch less ("watch" and "ignore" in the config). Everything else is watched.`,
    );
  },
  linkedTreeTooLarge: (path: string, limit: number) =>
    new JamdevError(
      'WatchFailed',
      `Changes in ${path} and in further folders reached by links go unnoticed: links lead to more than ${limit} files.`,
      'Name the folders that matter in "watch", or add the link to "ignore" in the config. Everything else is watched.',
    ),
  ignoredProjectWatched: (folder: string) =>
    new JamdevError(
      'WatchFailed',
      `Git ignores the whole folder ${folder}, so ignore rules from the folders above it are not applied.`,
      'The .gitignore files in it and "ignore" in the config are applied.',
    ),
  watchedByPolling: (folder: string, why: string) =>
    new JamdevError(
      'WatchFailed',
      `Files in ${folder} are checked for changes every 300 ms, since its file system (${why}) does not report them.`,
      'To rely on file events alone, set "poll": false in the config.',
    ),
  noDockerfile: (folder: string) =>
    new JamdevError(
      'NothingToRun',
      `There is no Dockerfile in ${folder}.`,
      'Name it with --dockerfile, or leave out --runtime docker.',
    ),
  portTaken: (what: string, port: number, holder: string, flag: string) =>
    new JamdevError(
      'PortTaken',
      `Port ${port} for the ${what} is taken${holder === '' ? '' : ` by ${holder}`}.`,
      `Stop that program, take any free ports (--port 0 --proxy-port 0), or choose another: npx jamdev dev ${flag} ${port === 65535 ? 0 : port + 1}`,
    ),
  portForbidden: (what: string, port: number, flag: string) =>
    new JamdevError(
      'PortTaken',
      `The system does not allow listening on port ${port} for the ${what}.`,
      `Choose a port above 1023: npx jamdev dev ${flag} ${port + 8000}`,
    ),
  portUnavailable: (what: string, detail: string) =>
    fileProblem(
      'PortTaken',
      `jamdev can't listen for the ${what}`,
      { path: 'the socket', use: 'use', detail },
      'Check the network of this machine.',
    ),
  hostUnavailable: (host: string, detail: string) =>
    new JamdevError('HostUnavailable', `jamdev can't listen on the host "${host}" (${detail}).`, 'Check --host.'),
  processTableUnreadable: (source: 'proc' | 'ps', cause: unknown) => {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'it is missing' : (typeof code === 'string' ? code : message).split('\n')[0];
    return new JamdevError(
      'ProcessTableUnreadable',
      `jamdev can't read the list of processes from ${source === 'proc' ? '/proc' : 'the program ps'} (${reason}).`,
      'Without it jamdev does not know which processes run.',
    );
  },
  stateFolderUnusable: (folder: string, detail: string) => {
    const { reason, remedy } = explainSystemError(detail, folder, 'write');
    return new JamdevError(
      'StateFolderUnusable',
      `jamdev can't write its folder ${folder}: ${reason}.`,
      `${remedy === '' ? 'Make it writable.' : remedy} Or set the variable XDG_STATE_HOME to another folder.`,
    );
  },
  stateFolderForeign: (folder: string, owner: number) =>
    new JamdevError(
      'StateFolderUnsafe',
      `jamdev's folder ${folder} belongs to another user (uid ${owner}), who could change what jamdev trusts.`,
      'Remove it, or set the variable XDG_STATE_HOME to another folder.',
    ),
  stateFolderOpen: (folder: string, mode: number) =>
    new JamdevError(
      'StateFolderUnsafe',
      `Other users can write to jamdev's folder ${folder} (mode ${mode.toString(8)}), and so change what jamdev trusts.`,
      `Check what is in it, then run: chmod 700 ${folder}`,
    ),
  stateFolderIsLink: (folder: string) =>
    new JamdevError(
      'StateFolderUnsafe',
      `jamdev's folder ${folder} is a symbolic link; jamdev only uses a real folder.`,
      'Remove the link, or set the variable XDG_STATE_HOME to another folder.',
    ),
  stateDeleted: (folder: string) =>
    new JamdevError(
      'StateFolderUnusable',
      `jamdev's state in ${folder} was deleted; the record of this dev server was written again.`,
      'Logs printed until now and what containers keep at /plane-data are gone.',
    ),
  projectRenamed: (path: string, newPath: string | undefined) =>
    new JamdevError(
      'FolderUnusable',
      `The project folder ${path} was renamed${newPath === undefined ? '' : ` to ${newPath}`}. Running backends continue.`,
      'To start more and to follow changes, stop jamdev and start it in the renamed folder.',
    ),
  projectDeleted: (path: string) =>
    new JamdevError(
      'FolderUnusable',
      `The project folder ${path} was deleted. Running backends continue; no new ones can be started.`,
      'Stop jamdev when you no longer need them.',
    ),
  projectReplaced: (path: string) =>
    new JamdevError(
      'FolderUnusable',
      `The project folder ${path} was deleted or renamed, and another folder was created in its place.`,
      'Restart jamdev to follow changes in it.',
    ),
  projectIsBack: (path: string) => new JamdevError('FolderUnusable', `The project folder is back at ${path}.`),
  oldStateInUse: (folder: string) =>
    new JamdevError(
      'StateFolderUnusable',
      `A dev server of an earlier version runs in this folder; its logs and volumes stay in ${folder} and are moved at the first start after it has stopped.`,
    ),
  oldStateStays: (first: string, more: number) =>
    new JamdevError(
      'StateFolderUnusable',
      `State of an earlier version can't be moved to the state folder and stays in use where it is: ${first}${more === 0 ? '' : `, and ${more} more`}.`,
    ),
  modesNotKept: (folder: string) =>
    new JamdevError(
      'StateFolderUnsafe',
      `The file system of ${folder} does not store permissions: other users of this machine may change what jamdev trusts.`,
      'Set the variable XDG_STATE_HOME to a folder on another file system.',
    ),
  stateInTemporaryFolder: (why: string, folder: string) =>
    new JamdevError(
      'StateFolderUnusable',
      `${why} State is kept in ${folder} instead, which the system may clear.`,
      'To keep it, set the variable XDG_STATE_HOME to another folder.',
    ),
  commandNotFound: (command: string, folder: string) =>
    new JamdevError(
      'CommandNotFound',
      `The command "${command}" does not exist (looked for in ${folder}, node_modules/.bin and PATH).`,
      'Check "command" in the config, or install what it needs.',
    ),
  commandNotStarted: (command: string, isUnusable: boolean, reason: string, remedy: string) =>
    new JamdevError(
      isUnusable ? 'CommandNotExecutable' : 'CommandNotStarted',
      `The command ${quote(command)} can't be started: ${reason}.`,
      remedy,
    ),
  execBuildFailed: (command: string) =>
    new JamdevError(
      'BuildFailed',
      `The build failed, so ${quote(command)} was not run.`,
      'The output of the build is shown above.',
    ),
  execNotFound: (command: string) =>
    new JamdevError(
      'ExecNotFound',
      `There is no command ${quote(command)} to run (looked for in node_modules/.bin and PATH).`,
      'It is run without a shell: give a program and its arguments, or: npx jamdev exec -- sh -c "COMMANDS"',
    ),
  execNotExecutable: (command: string, reason: string, remedy: string) =>
    new JamdevError('ExecNotExecutable', `The command ${quote(command)} can't be run: ${reason}.`, remedy),
  alreadyRunning: (folder: string, pid: number, urls: { apiUrl: string; proxyUrl: string } | undefined, hint = '') =>
    new JamdevError(
      'AlreadyRunning',
      `A dev server already runs in ${folder} (pid ${pid}${hint}): ${
        urls === undefined ? 'it has not opened its ports' : `API ${urls.apiUrl}, proxy ${urls.proxyUrl}`
      }.`,
      `Use that one (npx jamdev spawn), or stop it first (kill ${pid}). With --if-running reuse this command prints its URLs and succeeds.`,
    ),
  noDevServer: (folder: string) =>
    new JamdevError('NoDevServer', `No dev server runs for ${folder}.`, 'Start one with: npx jamdev dev'),
  noDevServerAnywhere: () =>
    new JamdevError(
      'NoDevServer',
      'No dev server of this user runs on this machine.',
      'Start one with: npx jamdev dev',
    ),
  /** @param who the process behind the URL; '' when it is not known */
  devServerUnreachable: (url: string, detail: string, who = '', remedy = 'Is it running?') =>
    new JamdevError(
      'DevServerUnreachable',
      `The dev server at ${url} does not answer (${detail}${who === '' ? '' : `; ${who}`}).`,
      remedy,
    ),
  notADevServer: (url: string, detail: string, who = '') =>
    new JamdevError(
      'DevServerUnreachable',
      `The program at ${url}${who === '' ? '' : ` (${who})`} is not a jamdev dev server: ${detail}.`,
      'Check the option --api and the variable JAMDEV_API_URL.',
    ),
  noLogs: (name: string) =>
    new JamdevError('BackendNotFound', `There are no logs of a backend or key ${quote(name)}.`, 'See: npx jamdev list'),
  noBackendFor: (name: string) =>
    new JamdevError('BackendNotFound', `There is no backend with id or key ${quote(name)}.`, 'See: npx jamdev list'),
  neverReady: (id: string, why: string, lastLines: string[]) =>
    new JamdevError(
      'BackendEnded',
      `The backend "${id}" did not become ready: ${why}.${lastLines.length > 0 ? `\nIts last lines:\n${lastLines.join('\n')}\n` : ''}`,
      `Full log: npx jamdev logs ${id}`,
    ),
  keyInSeveralServices: (key: string, ids: string[]) =>
    new JamdevError(
      'InvalidRequest',
      `The key ${quote(key)} is held in several services, by the backends ${ids.join(' and ')}.`,
      'Name the backend instead of the key.',
    ),
  keyInSeveralProjects: (key: string, holders: { id: string; project: string }[]) =>
    new JamdevError(
      'InvalidRequest',
      `The key ${quote(key)} is held by ${holders.length} backends: ${holders.map(({ id, project }) => `${id} in ${project}`).join(', ')}.`,
      'Name the backend instead of the key.',
    ),
  portsEqual: (port: number) =>
    new JamdevError(
      'Usage',
      `The API and the proxy can't both listen on port ${port}.`,
      'Choose another --proxy-port.',
    ),
  dockerMissing: () =>
    new JamdevError(
      'DockerMissing',
      'There is no "docker" command on this machine.',
      `Install Docker (https://docs.docker.com/get-docker/), or ${WITHOUT_DOCKER}`,
    ),
  dockerStopped: (detail: string) =>
    new JamdevError(
      'DockerStopped',
      `The Docker Engine does not answer (${detail}).`,
      `Start Docker, or ${WITHOUT_DOCKER}`,
    ),
  dockerForbidden: (detail: string) =>
    new JamdevError(
      'DockerForbidden',
      `This user is not allowed to use the Docker Engine (${detail}).`,
      `Join the group docker (sudo usermod -aG docker $USER, then log in again), or ${WITHOUT_DOCKER}`,
    ),
  imageGone: (image: string) =>
    new JamdevError(
      'ImageGone',
      `The image ${image} is gone from the Docker Engine.`,
      'Build it again: npx jamdev build',
    ),
  dockerNetworkMissing: (network: string) =>
    new JamdevError(
      'DockerNetworkMissing',
      `There is no Docker network ${quote(network)}.`,
      `Create it (docker network create ${network}), or correct "dockerOptions.network".`,
    ),
  containerCommandNotFound: (detail: string) =>
    new JamdevError(
      'CommandNotFound',
      `The command of the image can't be started: ${detail}.`,
      'Check CMD and ENTRYPOINT in the Dockerfile.',
    ),
  containerNotStarted: (detail: string) =>
    new JamdevError(
      'ContainerNotStarted',
      `Docker could not start the container: ${detail}.`,
      'Check the resource named above.',
    ),
  diskFull: (detail: string) =>
    new JamdevError(
      'DiskFull',
      `The disk of the Docker Engine is full (${detail}).`,
      'Make room, for example with: docker system prune',
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
      `The mount ${quote(path)} is outside of the folder of its key.`,
      'Give true, or a relative path without "." and "..".',
    ),
  volumeUnusable: (folder: string, detail: string) =>
    fileProblem(
      'StateFolderUnusable',
      `jamdev can't create the folder ${folder} for a mount`,
      { path: folder, use: 'write', detail },
      'Make it writable, or set the variable XDG_STATE_HOME to another folder.',
    ),
  volumeIsLink: (path: string) =>
    new JamdevError(
      'StateFolderUnsafe',
      `The mount leads through ${path}, which is a symbolic link or no folder.`,
      'Remove it, or mount another path.',
    ),
  notAFolder: (path: string) => new JamdevError('FolderUnusable', `${path} is not a folder.`, 'Choose another one.'),
  filesInTheWay: (folder: string, files: string[]) =>
    new JamdevError(
      'FilesInTheWay',
      `Nothing was written: ${folder} already contains ${files.join(', ')}.`,
      'Choose another folder, or overwrite with --force.',
    ),
  immovableInTheWay: (folder: string, paths: string[]) =>
    new JamdevError(
      'FilesInTheWay',
      `Nothing was written: in ${folder}, these can't be overwritten, since they are not of the same kind: ${paths.join(', ')}.`,
      'Choose another folder, or move them away.',
    ),
  fileNotWritten: (file: string, detail: string, written: string[]) => {
    const { reason, remedy } = explainSystemError(detail, file, 'write');
    return new JamdevError(
      'FolderUnusable',
      `${file} can't be written: ${reason}. ${written.length === 0 ? 'Nothing was written.' : `Already written: ${written.join(', ')}.`}`,
      `${remedy === '' ? 'Choose another folder, or fix this one.' : remedy}${written.length === 0 ? '' : ' Then run it again with --force.'}`,
    );
  },
  questionsUnanswered: () =>
    new JamdevError(
      'Usage',
      'Nothing was written: the input ended before all questions were answered.',
      'Pass the answers as arguments: npx jamdev init my-app --template websocket',
    ),
  nodeTooOld: (version: string, needed: string) =>
    new JamdevError(
      'NotSupported',
      `Node.js ${version} is too old; jamdev needs ${needed} or newer.`,
      'Install a newer one: https://nodejs.org/en/download',
    ),
  windows: () =>
    new JamdevError(
      'NotSupported',
      'jamdev does not run on Windows itself.',
      'Use it in WSL: https://learn.microsoft.com/windows/wsl/install',
    ),
  emulationMissing: (platform: string, arch: string, engine: string) =>
    new JamdevError(
      'NotSupported',
      `Images for ${platform} do not run on this Docker Engine (${engine}): no emulation is installed.`,
      `Install it (docker run --privileged --rm tonistiigi/binfmt --install ${arch}), or build for this machine: "platform": "native"`,
    ),
  emulationUnknown: (platform: string, engine: string) =>
    new JamdevError(
      'NotSupported',
      `jamdev can't tell whether images for ${platform} run on this Docker Engine (${engine}).`,
      `Try it (docker run --rm --platform ${platform} busybox true), or build for this machine: "platform": "native"`,
    ),
  watchesShort: (needed: number, used: number, limit: number) =>
    new JamdevError(
      'WatchFailed',
      `${needed} folders need a watch each, but ${used} of this user's ${limit} watches are in use.`,
      `Watch less ("watch" in the config), or raise the limit: sudo sysctl fs.inotify.max_user_watches=${Math.max(524_288, limit * 2)}`,
    ),
  watchersShort: (limit: number) =>
    new JamdevError(
      'WatchFailed',
      `All of this user's ${limit} file watchers are in use.`,
      `End programs that watch files, or raise the limit: sudo sysctl fs.inotify.max_user_instances=${limit * 2}`,
    ),
  leftBehind: (things: string[]) =>
    new JamdevError(
      'LeftBehind',
      `A dev server that crashed left these behind: ${things.join(', ')}.`,
      'The next jamdev dev in this folder removes them.',
    ),
  runnerGone: (name: string, pid: number) =>
    new JamdevError('RunnerGone', `${name} (pid ${pid}), which started this program, has ended.`, 'Stopping as well.'),
  usage: (message: string, remedy = '') => new JamdevError('Usage', message, remedy),
};
