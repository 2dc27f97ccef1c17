import type { Builder } from '../builds/builder.js';
import type { DevInfo } from '../contract/dev-endpoints.js';
import type { AllowedHosts } from '../contract/hosts.js';
import type { LogStore } from '../logs/log-store.js';
import type { Platform } from '../platform/platform.js';
import type { CallerUrls } from './caller-urls.js';

/** What the endpoints work with. */
export interface ApiContext {
  platform: Platform;
  builder: Builder;
  logs: LogStore;
  allowedHosts: AllowedHosts;
  /** Known once both ports are. */
  info: () => DevInfo;
  urls: CallerUrls;
  /** Receives faults of jamdev's own, with the id that the answer carried. */
  reportFault: (error: unknown, id: string) => void;
  /** Receives the origin of the user's first own page that calls the API directly. */
  onPageCall: (origin: string) => void;
}
