import type { Request } from 'express';
import type { DevInfo } from '../contract/dev-endpoints.js';
import type { ControlPlane } from '../platform/control-plane.js';
import type { CallerUrls } from './caller-urls.js';

/** What the endpoints of the platform's API work with, whichever control plane is behind them. */
export interface ApiContext {
  controlPlane: ControlPlane;
  /** The name of the account that a request is for. */
  accountOf: (request: Request) => string;
  /** Known once the ports are. */
  info: () => Pick<DevInfo, 'version' | 'api_url'>;
  /** The host, with its port, that images of services are pushed to. */
  registryHost: () => string;
  urls: Pick<CallerUrls, 'forProgram' | 'forBrowser'>;
  /** Receives faults of jamdev's own, with the id that the answer carried. */
  reportFault: (error: unknown, id: string) => void;
}
