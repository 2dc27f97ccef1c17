import { z } from 'zod';
import { STATUSES, TERMINATION_KINDS, TERMINATION_REASONS, V1_STATES } from './statuses.js';
import type { PublicStatus, Status, TerminationKind, TerminationReason } from './wire-types.js';

export type { PublicStatus, Status, TerminationKind, TerminationReason };

export const statusSchema = z.enum(STATUSES).meta({ id: 'Status' });

/** ISO 8601 in UTC. */
export const timeSchema = z.iso.datetime();

/** Why a backend was ended; absent when its process exited on its own. */
export const terminationReasonSchema = z.enum(TERMINATION_REASONS) satisfies z.ZodType<TerminationReason>;

export const terminationKindSchema = z.enum(TERMINATION_KINDS) satisfies z.ZodType<TerminationKind>;

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

export const v1StateSchema = z.enum(V1_STATES).meta({ id: 'V1State' });

/** v1 status, as on `GET /backend/:id/status` and its stream. */
export const v1StatusSchema = z
  .object({ state: v1StateSchema, time: timeSchema, backend: z.string() })
  .meta({ id: 'V1Status' });
export type V1Status = z.infer<typeof v1StatusSchema>;
