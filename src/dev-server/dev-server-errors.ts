import { fileError } from '../contract/errors/file-error.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';

/** Errors of the system that are about what a process may have. */
const SHORTAGES = ['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM'];

/** What keeps a dev server from starting or from going on. */
export const devServerErrors = {
  /** @param free a port that nobody holds; 0 if there is none above the taken one */
  portTaken: (what: string, port: number, holder: string, flag: string, free: number) =>
    new JamdevError(
      'PortTaken',
      `Port ${port} for the ${what} is taken${holder === '' ? '' : ` by ${holder}`}.`,
      `Stop that program, or add ${flag} ${free} for another port, or --port 0 --proxy-port 0 for any free ones (in code: port: 0, proxyPort: 0).`,
    ),
  portForbidden: (what: string, port: number, flag: string) =>
    new JamdevError(
      'PortTaken',
      `The system does not allow listening on port ${port} for the ${what}.`,
      `Choose a port above 1023, for example: ${flag} ${port + 8000}`,
    ),
  portUnavailable: (what: string, detail: string) => {
    const says = `jamdev can't listen for the ${what}`;
    const otherwise = 'Check the network of this machine.';
    // Other errors mean something else of a file than of a port.
    if (!SHORTAGES.includes(detail)) return new JamdevError('PortTaken', `${says}: ${detail}.`, otherwise);
    return fileError('PortTaken', says, { path: { phrase: 'the port' }, use: 'use', detail }, otherwise);
  },
  hostUnavailable: (host: string, detail: string) =>
    new JamdevError('HostUnavailable', `jamdev can't listen on the host "${host}" (${detail}).`, 'Check --host.'),
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
  usingChildProcesses: (why: string) =>
    new JamdevError('NotSupported', `${why} Backends run as child processes instead.`, ''),
};
