import { z } from 'zod';
import type { PublicStatus, Status, TerminationKind, TerminationReason } from './wire-types.js';

export type { PublicStatus, Status, TerminationKind, TerminationReason };

/** v2 statuses in the order a backend goes through them; steps may be skipped, never reversed. */
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

export const statusSchema = z.enum(STATUSES).meta({ id: 'Status' });

/** ISO 8601 in UTC. */
export const timeSchema = z.iso.datetime();

/** Why a backend was ended; absent when its process exited on its own. */
export const terminationReasonSchema = z.enum([
  'swept',
  'external',
  'keyexpired',
  'lost',
  'startuptimeout',
  'internalerror',
]) satisfies z.ZodType<TerminationReason>;

export const terminationKindSchema = z.enum(['soft', 'hard']) satisfies z.ZodType<TerminationKind>;

/** Public v2 status, as on `GET /v2/backend/:id/status` and its stream. */
export const publicStatusSchema = z
  .object({
    status: statusSchema,
    time: timeSchema,
    termination_reason: terminationReasonSchema.optional(),
    termination_kind: terminationKindSchema.optional(),
    exit_error: z.boolean().optional(),
  })
  .meta({ id: 'PublicStatus' }) satisfies z.ZodType<PublicStatus>;

/** The status in `GET /v2/backend/:id`: a terminated one carries `exit_code` and `last_status`, and no `exit_error`. */
export const infoStatusSchema = z
  .object({
    status: statusSchema,
    time: timeSchema,
    termination_reason: terminationReasonSchema.optional(),
    termination_kind: terminationKindSchema.optional(),
    exit_code: z.number().nullable().optional(),
    last_status: statusSchema.optional(),
  })
  .meta({ id: 'InfoStatus' });
export type InfoStatus = z.infer<typeof infoStatusSchema>;

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
export const v1StateSchema = z.enum(V1_STATES).meta({ id: 'V1State' });
export type V1State = z.infer<typeof v1StateSchema>;

/** The v1 names of the statuses of a backend that has not ended; how an ended one is called depends on its end. */
export const V1_OF_LIVE_STATUS: Record<Exclude<Status, 'terminated'>, V1State> = {
  scheduled: 'Loading',
  loading: 'Loading',
  starting: 'Starting',
  waiting: 'Starting',
  ready: 'Ready',
  terminating: 'Ready',
  'hard-terminating': 'Ready',
};

/** v1 status, as on `GET /backend/:id/status` and its stream. */
export const v1StatusSchema = z
  .object({ state: v1StateSchema, time: timeSchema, backend: z.string() })
  .meta({ id: 'V1Status' });
export type V1Status = z.infer<typeof v1StatusSchema>;
