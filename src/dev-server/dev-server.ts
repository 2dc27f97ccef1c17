import type { DevUrls } from '../api/caller-urls.js';
import type { DevConfig } from '../config/resolve.js';
import type { DevInfo, ServiceBuild } from '../contract/dev-endpoints.js';
import type { ConnectResponse } from '../contract/responses.js';
import type { LeftoverOutcome } from '../processes/leftovers.js';
import type { PortMove } from './choose-ports.js';
import type { ConnectOptions } from './connect-options.js';
import type { EventBus } from './events.js';
import type { DevServerParts } from './prepare.js';

/** A running dev server, as the command line sees it; `import 'jamdev'` gives a part of it. */
export interface DevServer extends AsyncDisposable {
  /** The current config: a changed config file may have changed services since the start. */
  readonly config: DevConfig;
  readonly info: DevInfo;
  /** For example `http://localhost:8080`. */
  readonly apiUrl: string;
  /** For example `http://localhost:9090`. */
  readonly proxyUrl: string;
  /** What the start did about processes that an earlier dev server in this folder left behind. */
  readonly leftovers: LeftoverOutcome;
  /** A remark about how backends run, such as that there is no Docker engine. */
  readonly remark: string | undefined;
  /** Why its ports are not the default ones; undefined: they are, or someone chose them. */
  readonly portMove: PortMove | undefined;
  /** URLs for other machines; undefined: only this machine reaches it. */
  readonly networkUrls: DevUrls | undefined;
  /** API URLs of other dev servers that ran in this folder at the start. */
  readonly others: readonly string[];
  /** The folder of the project's logs, records and volumes; an absolute path. */
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
