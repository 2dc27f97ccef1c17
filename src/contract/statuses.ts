import type { PublicStatus, Status, TerminationKind, TerminationReason } from './wire-types.js';

/** v2 statuses in order; a backend may skip some, but never goes back. */
export const STATUSES = [
  'scheduled',
  'loading',
  'starting',
  'waiting',
  'ready',
  'terminating',
  'hard-terminating',
  'terminated',
] as const satisfies readonly Status[];

/** Why a backend was ended. */
export const TERMINATION_REASONS = [
  'swept',
  'external',
  'keyexpired',
  'lost',
  'startuptimeout',
  'internalerror',
] as const satisfies readonly TerminationReason[];

export const TERMINATION_KINDS = ['soft', 'hard'] as const satisfies readonly TerminationKind[];

export const V1_STATES = [
  'Loading',
  'Starting',
  'Ready',
  'Terminated',
  'Lost',
  'Swept',
  'ErrorLoading',
  'ErrorStarting',
  'TimedOutBeforeReady',
  'Exited',
  'Failed',
] as const;
export type V1State = (typeof V1_STATES)[number];

/** The v1 names of live statuses. The name after the end depends on how the backend ended. */
export const V1_OF_LIVE_STATUS: Record<Exclude<Status, 'terminated'>, V1State> = {
  scheduled: 'Loading',
  loading: 'Loading',
  starting: 'Starting',
  waiting: 'Starting',
  ready: 'Ready',
  terminating: 'Ready',
  'hard-terminating': 'Ready',
};

/**
 * Whether a value has the form of `publicStatusSchema`. Checked by hand because a start of the dev server, which reads
 * no statuses, must not load schemas for it.
 */
export function isPublicStatus(value: unknown): value is PublicStatus {
  if (typeof value !== 'object' || value === null) return false;
  const { status, time, termination_reason, termination_kind, exit_error } = value as Record<
    keyof PublicStatus,
    unknown
  >;
  const isOneOf = (words: readonly unknown[], word: unknown) => word === undefined || words.includes(word);
  return (
    status !== undefined &&
    isOneOf(STATUSES, status) &&
    typeof time === 'string' &&
    !Number.isNaN(Date.parse(time)) &&
    isOneOf(TERMINATION_REASONS, termination_reason) &&
    isOneOf(TERMINATION_KINDS, termination_kind) &&
    isOneOf([true, false], exit_error)
  );
}
