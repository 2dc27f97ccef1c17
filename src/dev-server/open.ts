import { createApi } from '../api/app.js';
import { CallerUrls } from '../api/caller-urls.js';
import { createApiServer } from '../api/server.js';
import { readOwnPackage } from '../config/own-package.js';
import type { DevConfig } from '../config/resolve.js';
import type { AllowedHosts } from '../contract/hosts.js';
import { systemClock } from '../os/clock.js';
import { noteDecision } from '../os/debug/debug-log.js';
import type { Backend } from '../platform/backend.js';
import { ConnectionProxy } from '../proxy/proxy-server.js';
import { urlHost } from './both-ports.js';
import { choosePorts, type PortMove, type PortPolicy } from './choose-ports.js';
import type { EventBus } from './events.js';
import type { BoundPort } from './listen.js';
import type { DevServerParts } from './prepare.js';
import type { ResolvedRun } from './resolve.js';
import type { ServerInfo } from './server-info.js';

/** The ports of a dev server. */
export interface OpenPorts {
  /** Lets API requests through: one port may answer while the other is still being opened, so they wait until then. */
  serve(): void;
  /** See {@link DevServer.portMove}. */
  move: PortMove | undefined;
  urls: CallerUrls;
  close(): Promise<void>;
}

/**
 * Phase 3: listens on both ports, and makes this run known to other programs.
 * @throws JamdevError `PortTaken`, `HostUnavailable`, or when the state folder can't be written; nothing stays open then
 */
export async function openPorts(
  run: ResolvedRun,
  parts: DevServerParts,
  info: ServerInfo,
  bus: EventBus,
  portPolicy: PortPolicy | undefined,
): Promise<OpenPorts> {
  const { config, folder, runId, register } = run;
  const reportFault = (error: unknown, id: string) => bus.publish({ type: 'fault', error, id });
  const allowedHosts = namesOfDevServer(config);
  const urls = new CallerUrls(config, () => info.current);
  const { version } = readOwnPackage();
  const { tokens } = parts.platform;
  const rewritesRedirects = ({ identity: { service } }: Backend) =>
    service.definition !== undefined && parts.builder.definition(service.definition).rewriteRedirects;
  const scheme = schemeOf(config);
  const options = { tokens, allowedHosts, clock: systemClock, scheme, version, rewritesRedirects, reportFault };
  const proxy = new ConnectionProxy(options);
  const api = createApi({
    platform: parts.platform,
    builder: parts.builder,
    logs: parts.logs,
    allowedHosts,
    info: () => ({ ...info.current, watching: parts.hotRebuild.watching }),
    urls,
    reportFault,
    onPageCall: (origin) => bus.publish({ type: 'page-called-api', origin }),
  });
  const { promise: serving, resolve: serve } = newGate();
  const makeServer = {
    api: () =>
      createApiServer((request, response) => {
        void serving.then(() => api(request, response));
      }),
    proxy: () => proxy.createServer(),
  };
  const ports = await choosePorts(config, folder, makeServer, portPolicy);
  const close = () => closePorts(ports);
  const name = urlHost(config.host);
  const ownUrls = { apiUrl: `http://${name}:${ports.api.port}`, proxyUrl: `http://${name}:${ports.proxy.port}` };
  info.set({
    version,
    run_id: runId,
    pid: process.pid,
    project: config.project,
    state_folder: folder.root,
    api_url: ownUrls.apiUrl,
    proxy_url: ownUrls.proxyUrl,
    watching: false,
  });
  noteDecision(
    'ports',
    () =>
      `API ${ownUrls.apiUrl}, proxy ${ownUrls.proxyUrl}${ports.move === undefined ? '' : ', moved from the default ones'}`,
  );
  try {
    register.open(ownUrls);
  } catch (error) {
    await close();
    throw error;
  }
  return { serve, close, move: ports.move, urls };
}

/** Names by which someone has said that the dev server is reached. No address can be rebound by DNS. */
function namesOfDevServer({ host, allowedHosts, publicUrl }: DevConfig): AllowedHosts {
  const inFront = Object.values(publicUrl).map((url) => new URL(url).hostname);
  return { names: [...allowedHosts, ...(host === undefined ? [] : [host]), ...inFront], addresses: host !== undefined };
}

/** The scheme that clients of the proxy use, for backends: what stands in front of it may have ended TLS. */
function schemeOf({ publicUrl }: DevConfig): 'http' | 'https' {
  return publicUrl.proxy?.startsWith('https:') ? 'https' : 'http';
}

async function closePorts(ports: { api: BoundPort; proxy: BoundPort }): Promise<void> {
  await Promise.all([ports.api.close(), ports.proxy.close()]);
}

/** Like Promise.withResolvers(), which Node.js 20 does not have. */
function newGate(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
