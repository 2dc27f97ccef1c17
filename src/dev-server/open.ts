import type { DevUrls } from '../api/caller-urls.js';
import { CallerUrls } from '../api/caller-urls.js';
import { readOwnPackage } from '../config/own-package.js';
import { urlHost } from '../contract/hosts.js';
import { noteDecision } from '../os/debug/debug-log.js';
import type { BothPorts } from './both-ports.js';
import { choosePorts, type PortMove, type PortPolicy } from './choose-ports.js';
import type { EventBus } from './events.js';
import type { DevServerParts } from './prepare.js';
import type { ResolvedRun } from './resolve.js';
import type { ServerInfo } from './server-info.js';
import { makeServers } from './servers.js';

/** The ports of a dev server. */
export interface OpenPorts {
  /** See {@link Servers.serve}. */
  serve(): void;
  /** See {@link DevServer.portMove}. */
  move: PortMove | undefined;
  urls: CallerUrls;
  /** See {@link DevServer.networkUrls}. */
  networkUrls: DevUrls | undefined;
  close(): Promise<void>;
}

/**
 * Listens on both ports, and publishes this run to other programs (phase 3).
 * @throws JamdevError `PortTaken`, `HostUnavailable`, or an error if the state folder can't be written; no port stays
 *   open then
 */
export async function openPorts(
  run: ResolvedRun,
  parts: DevServerParts,
  info: ServerInfo,
  bus: EventBus,
  portPolicy: PortPolicy | undefined,
): Promise<OpenPorts> {
  const { config, folder, register } = run;
  const urls = new CallerUrls(config, () => info.current);
  const { make, serve } = makeServers(config, parts, info, urls, bus);
  const ports = await choosePorts(config, folder, make, portPolicy, (error) =>
    bus.publish({ type: 'notice', text: error.sentence }),
  );
  const { move } = ports;
  const close = () => closePorts(ports);
  try {
    const { apiUrl, proxyUrl } = describeRun(run, ports, info);
    noteDecision(
      'ports',
      () => `API ${apiUrl}, proxy ${proxyUrl}${move === undefined ? '' : ', not the default ones'}`,
    );
    register.open({ apiUrl, proxyUrl });
    return { serve, close, move, urls, networkUrls: await urls.forNetwork() };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Completes the dev server's information about itself. @returns its URLs on this machine */
function describeRun({ config, folder, runId }: ResolvedRun, { api, proxy }: BothPorts, info: ServerInfo) {
  const name = urlHost(config.host);
  const urls = { apiUrl: `http://${name}:${api.port}`, proxyUrl: `http://${name}:${proxy.port}` };
  info.set({
    version: readOwnPackage().version,
    run_id: runId,
    pid: process.pid,
    project: config.project,
    state_folder: folder.root,
    api_url: urls.apiUrl,
    proxy_url: urls.proxyUrl,
    watching: false,
  });
  return urls;
}

async function closePorts({ api, proxy }: BothPorts): Promise<void> {
  await Promise.all([api.close(), proxy.close()]);
}
