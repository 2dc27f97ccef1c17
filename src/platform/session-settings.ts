import type { ConnectParams } from '../contract/requests.js';

/** What the config sets for the sessions of a service. */
export interface SessionSettings {
  /** Whether each backend has one connection token for all. */
  useStaticToken: boolean;
  /** For requests that do not say how long a backend may be without a connection. */
  maxIdleSeconds: number | undefined;
  /** For requests that do not say how long a backend may live. */
  lifetimeLimitSeconds: number | undefined;
}

/** Completes a request by the config; its own limits win. */
export function withSessionDefaults(params: ConnectParams, settings: SessionSettings | undefined): ConnectParams {
  return {
    ...params,
    maxIdleSeconds: params.maxIdleSeconds ?? settings?.maxIdleSeconds,
    lifetimeLimitSeconds: params.lifetimeLimitSeconds ?? settings?.lifetimeLimitSeconds,
  };
}
