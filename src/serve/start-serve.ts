import type { Logger } from 'pino';
import { createApiServer } from '../api/server.js';
import type { ServeConfig } from '../config/serve-config.js';
import { urlHost } from '../contract/hosts.js';
import { pause } from '../os/clock.js';
import { type BoundPort, listen } from '../ports/listen.js';
import { hasTokens } from '../store/api-tokens.js';
import { type OpenStore, openStore } from '../store/open-store.js';
import { noteConfigured } from '../store/services.js';
import { type Certificate, followCertificate, readCertificate } from './certificate.js';
import { exposedAt } from './exposure.js';
import { createServeApi } from './serve-api.js';
import { serveErrors } from './serve-errors.js';
import { makeServeParts, type ServeParts } from './serve-parts.js';

/** How long closing waits for requests in progress. Longer than any connect that does not wait for a key. */
const DRAIN_MS = 10_000;

/** A running `jamdev serve`. */
export interface Serve {
  /** The URL at which the API listens. */
  url: string;
  /** Stops accepting requests, answers those in progress, and ends. Never rejects; safe to call twice. */
  close(): Promise<void>;
}

/**
 * Starts the platform's API in front of a Plane cluster.
 * @param log receives structured log lines
 * @throws JamdevError `DatabaseUnavailable`, `DatabaseUnusable`, `PortTaken`, `HostUnavailable`, `Usage`,
 *   `ConfigInvalid`
 */
export async function startServe(config: ServeConfig, log: Logger): Promise<Serve> {
  const database = await openStore(config.database);
  try {
    const exposed = exposedAt(config);
    if (exposed !== undefined && !(await hasTokens(database.store))) throw serveErrors.tokenNeeded(exposed);
    await noteConfigured(
      database.store,
      config.services.map(({ name }) => name),
    );
    const certificate = config.tls && (await readCertificate(config.tls));
    const parts = await makeServeParts(config, database, log);
    return await open(config, certificate, { database, parts, log });
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function open(
  config: ServeConfig,
  certificate: Certificate | undefined,
  { database, parts, log }: { database: OpenStore; parts: ServeParts; log: Logger },
): Promise<Serve> {
  let closing: Promise<void> | undefined;
  let url = '';
  const answer = createServeApi(config, database.store, parts, {
    ownUrl: () => url,
    isClosing: () => closing !== undefined,
    log,
  });
  const { host, port, tls } = config;
  const bound = await listen({ what: 'API', port, host, flag: '--port' }, () =>
    createApiServer(answer, certificate),
  ).catch(async (error) => {
    await parts.close();
    throw error;
  });
  url = `http${certificate === undefined ? '' : 's'}://${urlHost(host)}:${bound.port}`;
  const renewal = tls && certificate && followCertificate(tls, certificate, bound.servers);
  renewal?.start();
  parts.start();
  const close = async (): Promise<void> => {
    await renewal?.close();
    await drain(bound);
    await bound.close();
    await parts.close();
    await database.close();
  };
  return {
    url,
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/**
 * Waits until requests in progress are answered. Endless streams are cut at the deadline, and their clients reconnect.
 */
async function drain({ servers }: BoundPort): Promise<void> {
  const over = new AbortController();
  const drained = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  for (const server of servers) server.closeIdleConnections();
  await Promise.race([Promise.all(drained), pause(DRAIN_MS, over.signal)]);
  over.abort();
}
