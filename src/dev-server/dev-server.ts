import type { DevUrls } from '../api/caller-urls.js';
import type { DevConfig } from '../config/resolve.js';
import type { DevInfo, ServiceBuild } from '../contract/dev-endpoints.js';
import type { ConnectResponse } from '../contract/responses.js';
import type { LeftoverOutcome } from '../processes/leftovers.js';
import type { PortMove } from './choose-ports.js';
import type { ConnectOptions } from './connect-options.js';
import type { EventBus } from './events.js';
import type { DevServerParts } from './prepare.js';

/** A running dev server as the command line sees it; `import 'jamdev'` exposes a part of it. */
export interface DevServer extends AsyncDisposable {
  /** The current config: a changed config file may have changed services since the start. */
  readonly config: DevConfig;
  readonly info: DevInfo;
  /** Such as `http://localhost:8080`. */
  readonly apiUrl: string;
  /** Such as `http://localhost:9090`. */
  readonly proxyUrl: string;
  /** The outcome of the cleanup at the start, after processes that an earlier dev server in this folder left behind. */
  readonly leftovers: LeftoverOutcome;
  /** A remark about how backends run, such as that there is no Docker engine. */
  readonly remark: string | undefined;
  /** Why the ports are not the default ones; undefined if they are, or if the user chose them. */
  readonly portMove: PortMove | undefined;
  /** URLs for other machines; undefined if it is reachable from this machine only. */
  readonly networkUrls: DevUrls | undefined;
  /** API URLs of other dev servers that were running in this folder at the start. */
  readonly others: readonly string[];
  /** The absolute path of the folder with the project's logs, records and volumes. */
  readonly stateFolder: string;
  /** Remarks about that folder, in sentences. */
  readonly stateRemarks: readonly string[];
  readonly events: EventBus;
  readonly parts: DevServerParts;
  /** Does the same as the API's v2 connect. @throws JamdevError */
  connect(options?: ConnectOptions): Promise<ConnectResponse>;
  /** Builds every service again. @param reason shown to the person at the terminal */
  build(reason: string): Promise<ServiceBuild[]>;
  /**
   * Ends every backend (SIGTERM, and SIGKILL after the grace period) and stops listening. Safe to call again.
   * @param hard SIGKILL at once; also makes a soft close in progress hard
   */
  close(hard?: boolean): Promise<void>;
  /** Kills everything still running, synchronously: the last resort when the program is about to exit. */
  killNow(): void;
}
