import { JamdevError } from '../../contract/errors/jamdev-error.js';
import { usageError } from '../../contract/errors/usage-error.js';

/** Errors of commands that can't find or reach a dev server. */
export const clientErrors = {
  alreadyRunning: (folder: string, pid: number, urls: { apiUrl: string; proxyUrl: string } | undefined, hint = '') =>
    new JamdevError(
      'AlreadyRunning',
      `A dev server already runs in ${folder} (pid ${pid}${hint}): ${
        urls === undefined ? 'it has not opened its ports' : `API ${urls.apiUrl}, proxy ${urls.proxyUrl}`
      }.`,
      `Use that one (npx jamdev spawn), or stop it first (kill ${pid}). With --if-running reuse this command prints its URLs and succeeds.`,
    ),
  /**
   * @param others lines that list the running dev servers
   * @param below the dev server that the user most likely means
   * @param canStart whether there is something to run in the folder
   */
  noDevServer: (
    folder: string,
    others: readonly string[],
    below: { project: string; apiUrl: string } | undefined,
    canStart: boolean,
  ) =>
    new JamdevError(
      'NoDevServer',
      [
        `No dev server runs for ${folder}.`,
        ...(others.length === 0 ? [] : ['Running for other folders:', ...others]),
      ].join('\n'),
      [
        ...(others.length > 0 && below === undefined ? ['To use one of them, add --api and its URL.'] : []),
        ...(below === undefined ? [] : [`To use the one in ${below.project}, add: --api ${below.apiUrl}`]),
        canStart
          ? 'Start one here with: npx jamdev dev'
          : 'This folder has nothing to run. To start one for a project, pass its folder: npx jamdev dev FOLDER',
      ].join('\n'),
    ),
  /** @param someAreSilent whether dev servers are running that did not answer; they were listed before */
  noDevServerAnywhere: (someAreSilent: boolean) =>
    someAreSilent
      ? new JamdevError(
          'DevServerUnreachable',
          'No dev server of this user answers.',
          'Resume or stop the dev servers listed above.',
        )
      : new JamdevError(
          'NoDevServer',
          'No dev server of this user runs on this machine.',
          'Start one with: npx jamdev dev',
        ),
  /** @param who the process behind the URL; '' if it is unknown */
  devServerUnreachable: (url: string, detail: string, who = '', remedy: string) =>
    new JamdevError(
      'DevServerUnreachable',
      `The dev server at ${url} does not answer (${detail}${who === '' ? '' : `; ${who}`}).`,
      remedy,
    ),
  serveUnreachable: (url: string, detail: string) =>
    new JamdevError(
      'ServeUnreachable',
      `No jamdev serve answers at ${url}: ${detail}.`,
      'Check the URL in --api or JAMDEV_API_URL, and that the server is running.',
    ),
  serveNotTrusted: (url: string, detail: string) =>
    new JamdevError(
      'ServeUnreachable',
      `The certificate of ${url} is not accepted: ${detail}.`,
      'Check the URL. For a certificate authority of your own, set NODE_EXTRA_CA_CERTS to the file with its certificate.',
    ),
  serveUnnamed: () =>
    usageError(
      'No deploy target is set.',
      'Pass the URL of a jamdev serve with --api https://api.example.com, or set JAMDEV_API_URL.',
    ),
  devServerDeploysNothing: (url: string) =>
    usageError(
      `${url} is a dev server, which runs every build immediately; there is nothing to deploy.`,
      'To deploy, pass the URL of a jamdev serve with --api or JAMDEV_API_URL.',
    ),
  serveBuildsNothing: (url: string) =>
    usageError(
      `${url} is a jamdev serve, which does not build.`,
      'Build and deploy in one step with: npx jamdev deploy',
    ),
  logsOfOneBackend: (url: string) =>
    usageError(
      `${url} is a jamdev serve, which shows the log of one backend at a time.`,
      'Pass the id or key of a backend. To list them: npx jamdev list',
    ),
  apiTokenUnset: (path: string) =>
    new JamdevError(
      'Unauthorized',
      `There is no API token: JAMDEV_TOKEN is not set, and ${path} has none.`,
      'Set JAMDEV_TOKEN, or log in with: jamsocket login --token TOKEN',
    ),
  notADevServer: (url: string, detail: string, who = '') =>
    new JamdevError(
      'DevServerUnreachable',
      `The program at ${url}${who === '' ? '' : ` (${who})`} is not a jamdev dev server: ${detail}.`,
      'Check --api and JAMDEV_API_URL.',
    ),
};
