import type { Request } from 'express';
import type { WarmPool } from '../contract/dev-endpoints.js';
import type { WireErrorCode } from '../contract/errors/error-codes.js';
import type { Caller, ControlPlane } from '../platform/control-plane.js';
import type { CallerUrls } from './caller-urls.js';
import type { Endpoint, EndpointScope } from './endpoint.js';

/** An API's information about itself. */
export interface ApiInfo {
  /** Describes the server and its credentials, in sentences. */
  description: string;
  version: string;
  api_url: string;
}

/** The dependencies of the platform's endpoints, whichever control plane is behind them. */
export interface ApiContext {
  controlPlane: ControlPlane;
  /**
   * Identifies the sender, and checks that they may use the endpoint, before a body is read.
   * @param request with the parameters of its path
   * @throws JamdevError if the sender may not use the endpoint
   */
  authorize: (request: Request, scope: EndpointScope) => Promise<Caller>;
  /** Returns the information. Called only once the ports are open. */
  info: () => ApiInfo;
  /** Returns the errors of an endpoint that come from the control plane, in addition to those that it declares. */
  errorsOf: (endpoint: Endpoint) => readonly WireErrorCode[];
  /** Returns the host and port of the registry for images of services. */
  registryHost: () => string;
  /** Returns the warm pools; undefined if the server has none. */
  warmPools?: () => WarmPool[];
  urls: Pick<CallerUrls, 'forProgram' | 'forBrowser'>;
  /** Receives internal faults of jamdev, with the id in the answer. */
  reportFault: (error: unknown, id: string) => void;
}
