import type { Request } from 'express';
import type { WarmPool } from '../contract/dev-endpoints.js';
import type { WireErrorCode } from '../contract/errors/error-codes.js';
import type { Caller, ControlPlane } from '../platform/control-plane.js';
import type { CallerUrls } from './caller-urls.js';
import type { Endpoint, EndpointScope } from './endpoint.js';

/** What an API says of itself. */
export interface ApiInfo {
  /** What it is, and how it takes credentials, in sentences. */
  description: string;
  version: string;
  api_url: string;
}

/** What the endpoints of the platform's API work with, whichever control plane is behind them. */
export interface ApiContext {
  controlPlane: ControlPlane;
  /**
   * Makes sure who asks, and that they may use the endpoint, before a body is read.
   * @param request with the parameters of its path
   * @throws JamdevError when they may not
   */
  authorize: (request: Request, scope: EndpointScope) => Promise<Caller>;
  /** Known once the ports are. */
  info: () => ApiInfo;
  /** The errors of an endpoint that come from what is behind it, besides those that it declares. */
  errorsOf: (endpoint: Endpoint) => readonly WireErrorCode[];
  /** The host, with its port, that images of services are pushed to. */
  registryHost: () => string;
  /** The warm pools that there are; undefined: there can be none. */
  warmPools?: () => WarmPool[];
  urls: Pick<CallerUrls, 'forProgram' | 'forBrowser'>;
  /** Receives faults of jamdev's own, with the id that the answer carried. */
  reportFault: (error: unknown, id: string) => void;
}
