import { fileError } from '../contract/errors/file-error.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { quote } from '../contract/errors/quote.js';

/** Remarks about a file that no longer starts builds, by its writer. */
const SELF_WRITTEN = {
  build: (file: string) => `The build itself writes ${file}, so changes to that file during a build start no build.`,
  backend: (file: string) =>
    `A backend seems to write ${file}: only that file started the last few builds. It starts no more builds unless you save it while no backend writes files.`,
  program: (file: string) =>
    `${file} seems to be a log: it grew after each build, and that started the next build. Lines added to it soon after a build start no more builds.`,
};

/** Events of a running dev server that are shown like errors: what happened, and the next step. */
export const eventErrors = {
  configNotUsed: (reason: string) =>
    new JamdevError('ConfigInvalid', `The changed config is not used: ${reason}`, 'The previous config stays in use.'),
  needsRestart: (file: string, what: readonly string[]) =>
    new JamdevError(
      'NotSupported',
      `These changes in ${file} take effect after a restart: ${what.join(', ')}.`,
      'Stop jamdev dev and start it again.',
    ),
  importNotWatched: (service: string, { file, isProgram }: { file: string; isProgram: boolean }, watch: string[]) =>
    new JamdevError(
      'WatchFailed',
      `The service ${quote(service)} ${isProgram ? 'runs' : 'imports'} ${quote(file)}, which is not watched: changes to it start no build.`,
      `To watch it, set "watch": [${watch.map((path) => quote(path)).join(', ')}] in the config.`,
    ),
  writtenByItself: (file: string, writer: keyof typeof SELF_WRITTEN) =>
    new JamdevError(
      'WatchFailed',
      SELF_WRITTEN[writer](quote(file)),
      `To stop watching it, add "ignore": [${quote(`/${file}`)}] to the config file.`,
    ),
  writtenByBackend: (pattern: string) =>
    new JamdevError(
      'WatchFailed',
      `A backend writes ${quote(pattern.slice(1))}, which is watched. Its own writes start no build; your changes there do.`,
      `To stop watching it, add "ignore": [${quote(pattern)}] to the config file.`,
    ),
  growsAfterBuilds: (file: string) =>
    new JamdevError(
      'WatchFailed',
      `Only ${quote(file)} started the last builds: it grew after each of them.`,
      `If a program writes it, add "ignore": [${quote(`/${file}`)}] to the config file.`,
    ),
  fileUnfinished: ({ path, pid, program }: { path: string; pid: number; program: string }) =>
    new JamdevError(
      'WatchFailed',
      `${program === '' ? 'A program' : program} (pid ${pid}) is writing ${quote(path)}: the file starts a build when it is closed.`,
      `To stop watching it, add "ignore": [${quote(`/${path}`)}] to the config file.`,
    ),
  pageCalledApi: (origin: string) =>
    new JamdevError(
      'NotSupported',
      `The page ${quote(origin)} calls the API directly. That works with jamdev only: in production the API needs a secret, which belongs on a server.`,
      'Connect from your server, and pass the connection URL to the page.',
    ),
  watchProblem: (detail: string) =>
    new JamdevError(
      'WatchFailed',
      `Some file changes may be missed (${detail}).`,
      'Watch fewer files ("watch" in the config), raise the system\'s limit of watches, or build manually: npx jamdev build',
    ),
  logNotWritten: (backendId: string, detail: string, path: string) =>
    fileError(
      'StateFolderUnusable',
      `Logs can't be written, so the output of backends is only shown here (first: ${backendId})`,
      { path, use: 'write', detail },
      'Make the log folder writable.',
    ),
};
