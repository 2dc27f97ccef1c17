import { toConnectResponse } from '../api/connect-results.js';
import type { DevFlags } from '../config/dev-flags.js';
import type { PortPolicy } from './choose-ports.js';
import { Closing } from './close.js';
import type { DevServer } from './dev-server.js';
import { EventBus } from './events.js';
import { loadRequests } from './load-late.js';
import { noteEvents } from './note-events.js';
import { openPorts } from './open.js';
import { prepareParts } from './prepare.js';
import { publishEvents } from './publish-events.js';
import { type ResolvedRun, resolveRun } from './resolve.js';
import { runParts } from './run.js';
import { ServerInfo } from './server-info.js';

/**
 * Starts a dev server: its API, its proxy, and backends according to the config. Prints nothing.
 * @param flags take precedence over the project's config file and package.json
 * @param portPolicy what to do if the default ports are taken; by default, the start fails
 * @throws JamdevError if there is nothing to run, a port is taken, or the state folder can't be written
 */
export async function startDevServer(flags: DevFlags = {}, portPolicy?: PortPolicy): Promise<DevServer> {
  const bus = new EventBus();
  const serverInfo = new ServerInfo();
  const run = await resolveRun(flags);
  const { parts, ports } = await open(run, serverInfo, bus, portPolicy);
  publishEvents(parts, bus);
  noteEvents(bus);
  const guard = await runParts(run, parts, ports, bus);
  const closing = new Closing({ parts, ports, guard, bus, engine: run.engine });
  const info = serverInfo.current;
  return {
    get config() {
      return parts.config();
    },
    info,
    apiUrl: info.api_url,
    proxyUrl: info.proxy_url,
    remark: run.remark,
    leftovers: run.leftovers,
    portMove: ports.move,
    networkUrls: ports.networkUrls,
    others: run.others,
    stateFolder: run.folder.root,
    stateRemarks: run.stateRemarks,
    events: bus,
    parts,
    async connect({ service = '-', ...request } = {}) {
      const { parseConnectRequest } = await loadRequests();
      return toConnectResponse(
        await parts.controlPlane
          .account({ account: 'local', actor: 'local' })
          .connect(service, parseConnectRequest(request)),
        ports.urls.forThisMachine(),
      );
    },
    build: (reason) => parts.builder.buildAll(reason),
    close: (hard) => closing.close(hard),
    killNow: () => closing.killNow(),
    [Symbol.asyncDispose]: () => closing.close(),
  };
}

/** Phases 2 and 3: if they fail, nothing stays open. */
async function open(run: ResolvedRun, info: ServerInfo, bus: EventBus, portPolicy: PortPolicy | undefined) {
  try {
    const parts = await prepareParts(run, info, bus);
    return { parts, ports: await openPorts(run, parts, info, bus, portPolicy) };
  } catch (error) {
    run.engine?.close();
    throw error;
  }
}
