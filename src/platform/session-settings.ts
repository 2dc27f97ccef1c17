import type { ConnectParams } from '../contract/requests.js';

/** How long a backend has to end after SIGTERM, where the config says nothing (platform contract, "Lifecycle"). */
export const DEFAULT_GRACE_PERIOD_SECONDS = 10;

/** What the config sets for the sessions of a service. */
export interface SessionSettings {
  /** Whether each backend has one connection token for all. */
  useStaticToken: boolean;
  /** For requests that do not say how long a backend may be without a connection. */
  maxIdleSeconds: number | undefined;
  /** For requests that do not say how long a backend may live. */
  lifetimeLimitSeconds: number | undefined;
  /** How long a backend has to end after SIGTERM; {@link DEFAULT_GRACE_PERIOD_SECONDS} if undefined. */
  gracePeriodSeconds: number | undefined;
}

/** A request, completed by the config. */
export interface SessionParams extends ConnectParams {
  gracePeriodSeconds: number;
}

/** Completes a request by the config; its own limits win. */
export function withSessionDefaults(params: ConnectParams, settings: SessionSettings | undefined): SessionParams {
  return {
    ...params,
    maxIdleSeconds: params.maxIdleSeconds ?? settings?.maxIdleSeconds,
    lifetimeLimitSeconds: params.lifetimeLimitSeconds ?? settings?.lifetimeLimitSeconds,
    gracePeriodSeconds: settings?.gracePeriodSeconds ?? DEFAULT_GRACE_PERIOD_SECONDS,
  };
}
