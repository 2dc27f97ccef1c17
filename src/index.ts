/// <reference lib="esnext.disposable" preserve="true" />
import { checkOptions } from './config/check-options.js';
import type { DevServerOptions } from './config/dev-flags.js';
import type { DevServerEventJson } from './contract/dev-events.js';
import type { ConnectResponse, ServiceBuild } from './contract/wire-types.js';
import type { ConnectOptions } from './dev-server/connect-options.js';
import { toEventJson } from './dev-server/event-json.js';
import { startDevServer as startWithParts } from './dev-server/start-dev-server.js';
import { isDebugLogOn, listenToDebugLog, wantsDebugLog } from './os/debug/debug-log.js';
import { debugLines } from './os/debug/debug-text.js';

export type { DevServerOptions } from './config/dev-flags.js';
export type {
  DevServerEventJson as DevServerEvent,
  EventBackend,
  MessageSubject,
} from './contract/dev-events.js';
export type { ErrorCode } from './contract/errors/error-codes.js';
export { JamdevError } from './contract/errors/jamdev-error.js';
export type {
  BuildOutcome,
  ConnectResponse,
  LogSource,
  OnChange,
  PublicStatus,
  ServiceBuild,
  Status,
  TerminationKind,
  TerminationReason,
} from './contract/wire-types.js';
export type { ConnectOptions, SpawnOptions } from './dev-server/connect-options.js';

/** A running dev server. */
export interface DevServer extends AsyncDisposable {
  /** For example `http://localhost:8080`. */
  readonly apiUrl: string;
  /** For example `http://localhost:9090`. */
  readonly proxyUrl: string;
  /** The project folder; an absolute path, links resolved. */
  readonly project: string;
  /** The folder of the project's logs, records and volumes; an absolute path. */
  readonly stateFolder: string;
  /** Sentences about the start for a person: that no Docker engine answers, for instance. */
  readonly remarks: readonly string[];
  /**
   * Connects to the backend that holds a key, or spawns one, as `POST /v2/service/:account/:service/connect` does. The
   * backend may not be ready yet: requests to the connection URL wait for it.
   * @throws JamdevError with the code that the API answers with
   */
  connect(options?: ConnectOptions): Promise<ConnectResponse>;
  /** Builds every service again, and brings good builds to running backends. Resolves when all builds have ended. */
  build(): Promise<ServiceBuild[]>;
  /**
   * Calls a listener for everything that happens from now on: statuses, output, builds, faults.
   * @returns a function that ends the subscription
   */
  subscribe(listener: (event: DevServerEventJson) => void): () => void;
  /**
   * Ends every backend (SIGTERM, and SIGKILL after the grace period) and stops listening. Safe to call again.
   * @param hard SIGKILL at once; also makes a soft close in progress hard
   */
  close(hard?: boolean): Promise<void>;
  /** Kills what still runs, synchronously. For `process.on('exit')` of a program that may end without closing. */
  killNow(): void;
}

/**
 * Starts a dev server: API, proxy, and backends as the options and the project's config say. Nothing is printed, apart
 * from the debug log with JAMDEV_DEBUG=1, and nothing is watched unless `watch` is given.
 * @throws JamdevError when an option is unknown or wrong, there is nothing to run, a port is taken, or the state folder
 *   can't be written
 */
export async function startDevServer(given: DevServerOptions = {}): Promise<DevServer> {
  checkOptions(given);
  const { watch = false, ...options } = given;
  if (wantsDebugLog(process.env) && !isDebugLogOn()) writeDebugLog();
  // As in `jamdev dev`, the config decides what is watched where nobody names it.
  const server = await startWithParts({ ...options, watch: watch === true ? undefined : watch });
  return {
    apiUrl: server.apiUrl,
    proxyUrl: server.proxyUrl,
    project: server.config.project,
    stateFolder: server.stateFolder,
    remarks: [...(server.remark === undefined ? [] : [server.remark]), ...server.stateRemarks],
    connect: (request) => server.connect(request),
    build: () => server.build('from code'),
    subscribe: (listener) =>
      server.events.subscribe((event) => {
        for (const each of toEventJson(event)) listener(each);
      }),
    close: (hard) => server.close(hard),
    killNow: () => server.killNow(),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** Writes the debug log of this program to stderr until it ends, whichever dev server an entry is of. */
function writeDebugLog(): void {
  listenToDebugLog((entry) => {
    process.stderr.write(
      debugLines(entry, new Date())
        .map((line) => `jamdev: ${line}\n`)
        .join(''),
    );
  });
}
