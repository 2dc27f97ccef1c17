import type { Endpoint } from '../docker-engine/endpoint.js';
import type { Engine } from '../docker-engine/engine.js';
import type { EventBus } from './events.js';

/** Describes where backends run and who can reach them; undefined for an engine on this machine. */
export function describeRemote({ url, tls, remote, tunnel, forwards }: Endpoint): string | undefined {
  if (remote === undefined) return undefined;
  const start = `Backends run on the Docker Engine at ${url}.`;
  if (forwards !== undefined) {
    return `${start} It publishes their ports on its own loopback only, and jamdev reaches them through the SSH connection.`;
  }
  const { publishAt, reachAt } = remote;
  const where = publishAt === reachAt ? `at ${publishAt}` : `at all addresses of its machine (${publishAt})`;
  const isOpen = tls === undefined && tunnel === undefined ? ` ${NOT_ENCRYPTED}` : '';
  return `${start} It publishes their ports ${where}, where other machines in that network can reach them.${isOpen}`;
}

const NOT_ENCRYPTED =
  'The connection is not encrypted: others in the network can read and change what is sent, so use TLS or ssh://.';

/** Reports when an engine on another machine stops answering, and when it answers again. */
export function publishLink({ link, endpoint }: Engine, bus: EventBus): void {
  link?.events.on('lost', (reason) =>
    bus.publish({
      type: 'notice',
      text: `${reason} Backends there keep running, and jamdev reconnects as soon as possible.`,
    }),
  );
  link?.events.on('restored', (afterMs) =>
    bus.publish({
      type: 'notice',
      text: `The Docker Engine at ${endpoint.url} answers again, after ${Math.round(afterMs / 1_000)} s.`,
    }),
  );
}
