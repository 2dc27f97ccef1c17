import { JamdevError } from '../../contract/errors/jamdev-error.js';

/** Dev servers that a command can't find or reach. */
export const clientErrors = {
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
};
