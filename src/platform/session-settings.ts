import type { ConnectParams } from '../contract/requests.js';

/** How long a backend may take to end after SIGTERM if the config does not set it (platform contract, "Lifecycle"). */
export const DEFAULT_GRACE_PERIOD_SECONDS = 10;

/** The session settings of a service in the config. */
export interface SessionSettings {
  /** Whether each backend has a single connection token shared by all users. */
  useStaticToken: boolean;
  /** Default for requests without a limit for the time without a connection. */
  maxIdleSeconds: number | undefined;
  /** Default for requests without a limit for a backend's lifetime. */
  lifetimeLimitSeconds: number | undefined;
  /** How long a backend may take to end after SIGTERM; {@link DEFAULT_GRACE_PERIOD_SECONDS} if undefined. */
  gracePeriodSeconds: number | undefined;
}

/** A connect request, completed with the settings in the config. */
export interface SessionParams extends ConnectParams {
  gracePeriodSeconds: number;
}

/** Completes a connect request with the settings in the config. Limits in the request take precedence. */
export function withSessionDefaults(params: ConnectParams, settings: SessionSettings | undefined): SessionParams {
  return {
    ...params,
    maxIdleSeconds: params.maxIdleSeconds ?? settings?.maxIdleSeconds,
    lifetimeLimitSeconds: params.lifetimeLimitSeconds ?? settings?.lifetimeLimitSeconds,
    gracePeriodSeconds: settings?.gracePeriodSeconds ?? DEFAULT_GRACE_PERIOD_SECONDS,
  };
}
