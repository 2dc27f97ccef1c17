import { noteHandled } from '../../os/debug/debug-log.js';
import { dockerErrors } from '../docker-errors.js';

/** The destination of an `ssh://` URL in DOCKER_HOST. */
export interface SshTarget {
  /** The host in the form that the user's ssh accepts: a name, an address, or a `Host` in its config. */
  host: string;
  user: string | undefined;
  port: string | undefined;
  /** The engine's socket on that machine; undefined for the one that the docker client there uses. */
  socket: string | undefined;
}

/**
 * Characters that new versions of ssh refuse in names, and old ones pass to the shell of a ProxyCommand. A leading
 * hyphen would be read as an option in the commands that are shown for a person to type.
 */
const UNUSABLE_NAME = /^-|[\s\p{Cc}'`"$\\;&<>|(){}]/u;

/** Parses a URL in the same way as the docker client. @throws JamdevError `EngineUnreachable` */
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
    // For unknown schemes, `URL` preserves the case of a host, which matters in ssh's config.
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

/** Returns the arguments of ssh for a target, such that no part can be read as another option. */
export function sshArguments({ host, user, port }: SshTarget): string[] {
  return [...(user === undefined ? [] : ['-l', user]), ...(port === undefined ? [] : ['-p', port]), '--', host];
}

/** Returns the command to type to see ssh's own output for a target. */
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
