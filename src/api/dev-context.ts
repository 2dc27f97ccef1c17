import type { Builder } from '../builds/builder.js';
import type { DevInfo, WarmPool } from '../contract/dev-endpoints.js';
import type { AllowedHosts } from '../contract/hosts.js';
import type { LogStore } from '../logs/log-store.js';
import type { Platform } from '../platform/platform.js';
import type { CallerUrls } from './caller-urls.js';
import type { ApiContext, ApiInfo } from './context.js';

/** The dependencies of a dev server's API. */
export interface DevApiContext extends ApiContext {
  platform: Platform;
  builder: Builder;
  logs: LogStore;
  warmPools: () => WarmPool[];
  warmStarts: () => WarmPool[];
  allowedHosts: AllowedHosts;
  info: () => DevInfo & ApiInfo;
  urls: CallerUrls;
  /** Receives the origin of the user's first own page that calls the API directly. */
  onPageCall: (origin: string) => void;
}
