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
  /** The config in use now: a changed config file may have changed services since the start. */
  readonly config: DevConfig;
  readonly info: DevInfo;
  /** For example `http://localhost:8080`. */
  readonly apiUrl: string;
  /** For example `http://localhost:9090`. */
  readonly proxyUrl: string;
  /** What happened at the start to the processes that an earlier dev server in this folder had left behind. */
  readonly leftovers: LeftoverOutcome;
  /** A remark about how backends run, such as that there is no Docker engine. */
  readonly remark: string | undefined;
  /** Why it has other ports than the default ones; undefined: it has them, or ports that someone named. */
  readonly portMove: PortMove | undefined;
  /** By which other machines reach it; undefined: only this machine does. */
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
   * @param hard SIGKILL at once; also turns a soft closing that is under way hard
   */
  close(hard?: boolean): Promise<void>;
  /** Kills what still runs, synchronously: the last resort when the program itself is about to end. */
  killNow(): void;
}
