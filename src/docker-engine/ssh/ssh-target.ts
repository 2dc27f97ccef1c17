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

/** Reads a URL as the docker client does. @throws JamdevError `EngineUnreachable` */
export function readSshUrl(url: string): SshTarget {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || parsed.hostname === '') throw unusable(url, 'it names no host');
  const { hostname, username, password, port, pathname, search, hash } = parsed;
  if (password !== '') throw unusable(url.replace(/:[^:@/]*@/, '@'), 'it has a password');
  if (search + hash !== '') throw unusable(url, 'it has more than a path');
  const socket = decodeURIComponent(pathname);
  return {
    // `URL` leaves the case of a host as it is for schemes that it does not know, which ssh's config tells apart.
    host: decodeURIComponent(hostname).replace(/^\[|\]$/g, ''),
    user: username === '' ? undefined : decodeURIComponent(username),
    port: port === '' ? undefined : port,
    socket: socket === '' || socket === '/' ? undefined : socket,
  };
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
