import { z } from 'zod';
import type { ErrorBody } from './errors/error-body.js';
import { infoStatusSchema, publicStatusSchema, statusSchema, timeSchema, v1StateSchema } from './status.js';
import type { ConnectResponse } from './wire-types.js';

export type { ConnectResponse };

/** v1 spawn result, dev style: exactly these keys in this order. `ready_url` stays empty. */
export const v1SpawnResultSchema = z
  .object({
    name: z.string(),
    spawned: z.boolean(),
    url: z.string(),
    status_url: z.string(),
    ready_url: z.string(),
    status: v1StateSchema,
  })
  .meta({ id: 'V1SpawnResult' });
export type V1SpawnResult = z.infer<typeof v1SpawnResultSchema>;

/** v2 connect response, keys in the platform's order. */
export const connectResponseSchema = z
  .object({
    backend_id: z.string(),
    spawned: z.boolean(),
    status: statusSchema,
    token: z.string(),
    url: z.string(),
    /** Null for a static token, which has none. */
    secret_token: z.string().nullable(),
    status_url: z.string(),
    ready_url: z.string(),
  })
  .meta({ id: 'ConnectResponse' }) satisfies z.ZodType<ConnectResponse>;

/** The answer of `ready_url` to clients that accept JSON, until the backend has ended. */
export const readyStatusSchema = publicStatusSchema
  .extend({
    backend_id: z.string(),
    /** The URL to open once the status is `ready`. */
    url: z.string(),
  })
  .meta({ id: 'ReadyStatus' });
export type ReadyStatus = z.infer<typeof readyStatusSchema>;

/** `GET /v2/backend/:id`. */
export const backendInfoSchema = z
  .object({
    id: z.string(),
    created_at: timeSchema,
    service_name: z.string(),
    cluster_name: z.string(),
    account_name: z.string(),
    statuses: z.array(infoStatusSchema),
    /** Empty while unknown. */
    image_digest: z.string(),
    key: z.string(),
    environment_name: z.string(),
    /** The highest memory usage in any sample; null before the first sample. */
    max_mem_bytes: z.number().nullable(),
  })
  .meta({ id: 'BackendInfo' });
export type BackendInfo = z.infer<typeof backendInfoSchema>;

/**
 * One event of `GET /v2/backend/:id/metrics/stream`. The backend's share of all CPUs since the previous event
 * is `cpu_used / sys_cpu`.
 */
export const backendMetricsSchema = z
  .object({
    cluster: z.string(),
    backend_id: z.string(),
    /** In bytes; more than 0. */
    mem_used: z.number(),
    /** The backend's memory limit, or all memory of the machine, in bytes. */
    mem_available: z.number(),
    /** CPU time that the backend used since the previous event, in nanoseconds. */
    cpu_used: z.number(),
    /** CPU time of all CPUs together since the previous event, in nanoseconds; more than 0. */
    sys_cpu: z.number(),
  })
  .meta({ id: 'BackendMetrics' });
export type BackendMetrics = z.infer<typeof backendMetricsSchema>;

/** One row of `GET /v2/account/:account/backends`. */
const runningBackendSchema = z
  .object({
    id: z.string(),
    created_at: timeSchema,
    service_name: z.string(),
    cluster_name: z.string(),
    account_name: z.string(),
    status: publicStatusSchema,
    key: z.string(),
  })
  .meta({ id: 'RunningBackend' });
export type RunningBackend = z.infer<typeof runningBackendSchema>;

/** `GET /v2/account/:account/backends`. */
export const runningBackendsSchema = z.object({ running_backends: z.array(runningBackendSchema) });

/** `POST /service/:account/:service/terminate-backends`. */
export const terminateBackendsResultSchema = z
  .object({
    backend_count: z.int().describe('How many running backends were created before the time'),
    terminated_count: z.int().describe('How many of them are being ended'),
    is_complete: z.boolean().describe('Whether these are all of them'),
  })
  .meta({ id: 'TerminateBackendsResult' });

/** `GET /auth`. */
export const authSchema = z.object({ status: z.literal('ok'), accounts: z.array(z.string()), is_admin: z.boolean() });
export type AuthAnswer = z.infer<typeof authSchema>;

/** The answer of endpoints that return no data. */
export const okSchema = z.object({ status: z.literal('ok') }).meta({ id: 'Ok' });

/** The error format of every endpoint. */
export const errorBodySchema: z.ZodType<ErrorBody> = z
  .object({ error: z.object({ message: z.string(), status: z.int(), code: z.string(), id: z.string() }) })
  .meta({ id: 'Error' });
