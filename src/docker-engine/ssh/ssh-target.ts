import { noteHandled } from '../../os/debug/debug-log.js';
import { dockerErrors } from '../docker-errors.js';

/** Where `ssh://` in DOCKER_HOST leads. */
export interface SshTarget {
  /** As the user's own ssh takes it: a name, an address, or a `Host` of its config. */
  host: string;
  user: string | undefined;
  port: string | undefined;
  /** The engine's socket there; undefined: the one that the docker client there uses. */
  socket: string | undefined;
}

/**
 * What new versions of ssh refuse in names, and old ones hand to the shell of a ProxyCommand; and what is no name at
 * all. A name that begins with a hyphen would be an option in the commands that are shown for a person to type.
 */
const UNUSABLE_NAME = /^-|[\s\p{Cc}'`"$\\;&<>|(){}]/u;

/** Reads a URL as the docker client does. @throws JamdevError `EngineUnreachable` */
export function readSshUrl(url: string): SshTarget {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || parsed.hostname === '') throw unusable(url, 'it has no host');
  const { hostname, username, password, port, pathname, search, hash } = parsed;
  if (password !== '') throw unusable(url.replace(/:[^:@/]*@/, '@'), 'it has a password');
  if (search + hash !== '') throw unusable(url, 'it has more than a path');
  const socket = decode(pathname);
  const host = decode(hostname)?.replace(/^\[|\]$/g, '');
  const user = decode(username);
  if (host === undefined || UNUSABLE_NAME.test(host)) throw unusable(url, 'its host is not a name that ssh takes');
  if (user === undefined || UNUSABLE_NAME.test(user)) throw unusable(url, 'its user is not a name that ssh takes');
  if (socket === undefined) throw unusable(url, 'its path is not percent-encoded UTF-8');
  return {
    // `URL` leaves the case of a host as it is for schemes that it does not know, which ssh's config tells apart.
    host,
    user: user === '' ? undefined : user,
    port: port === '' ? undefined : port,
    socket: socket === '' || socket === '/' ? undefined : socket,
  };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    noteHandled('docker', 'decoding a part of an ssh URL', error);
    return undefined;
  }
}

/** The arguments of ssh that name it; nothing in them is taken for an option. */
export function sshArguments({ host, user, port }: SshTarget): string[] {
  return [...(user === undefined ? [] : ['-l', user]), ...(port === undefined ? [] : ['-p', port]), '--', host];
}

/** What to type to see what ssh says of it. */
export function sshCommand({ host, user, port }: SshTarget): string {
  const name = user === undefined ? host : `${user}@${host}`;
  return port === undefined ? `ssh ${name}` : `ssh -p ${port} ${name}`;
}

function unusable(url: string, detail: string) {
  return dockerErrors.engineUnreachable(
    url,
    detail,
    'Write it as ssh://USER@HOST:PORT; ssh finds keys by its own config.',
  );
}
