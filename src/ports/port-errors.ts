import { fileError } from '../contract/errors/file-error.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';

/** System errors that report a shortage of a resource, such as file descriptors or memory. */
const SHORTAGES = ['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM'];

/** Errors that keep a server from listening. */
export const portErrors = {
  /** @param free a port that no program holds; 0 if there is none above the taken port */
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
    // The wording of fileError() fits only these codes: any other code means something else for a file than for a port.
    if (!SHORTAGES.includes(detail)) return new JamdevError('PortTaken', `${says}: ${detail}.`, otherwise);
    return fileError('PortTaken', says, { path: { phrase: 'the port' }, use: 'use', detail }, otherwise);
  },
  hostUnavailable: (host: string, detail: string) =>
    new JamdevError('HostUnavailable', `jamdev can't listen on the host "${host}" (${detail}).`, 'Check --host.'),
};
