import { z } from 'zod';
import { infoStatusSchema, publicStatusSchema, statusSchema, v1StateSchema } from './status.js';

/** v1 spawn result, dev style: these keys in this order, nothing else. `ready_url` stays empty. */
export const v1SpawnResultSchema = z.object({
  name: z.string(),
  spawned: z.boolean(),
  url: z.string(),
  status_url: z.string(),
  ready_url: z.string(),
  status: v1StateSchema,
});
export type V1SpawnResult = z.infer<typeof v1SpawnResultSchema>;

/** v2 connect response, keys in the platform's order. */
export const connectResponseSchema = z.object({
  backend_id: z.string(),
  spawned: z.boolean(),
  status: statusSchema,
  token: z.string(),
  url: z.string(),
  secret_token: z.string(),
  status_url: z.string(),
  ready_url: z.string(),
});
export type ConnectResponse = z.infer<typeof connectResponseSchema>;

/** `GET /v2/backend/:id`. */
export const backendInfoSchema = z.object({
  id: z.string(),
  created_at: z.string(),
  service_name: z.string(),
  cluster_name: z.string(),
  account_name: z.string(),
  statuses: z.array(infoStatusSchema),
  image_digest: z.string().nullable(),
  key: z.string(),
  environment_name: z.string(),
  /** The most memory that it was seen to use; null while nothing was seen. */
  max_mem_bytes: z.number().nullable(),
});
export type BackendInfo = z.infer<typeof backendInfoSchema>;

/**
 * One event of `GET /v2/backend/:id/metrics/stream`. The share of all CPUs that the backend had since the event before
 * is `cpu_used / sys_cpu`.
 */
export const backendMetricsSchema = z.object({
  cluster: z.string(),
  backend_id: z.string(),
  /** Bytes; more than 0. */
  mem_used: z.number(),
  /** What it could use at most, its limit or all that the machine has; bytes. */
  mem_available: z.number(),
  /** CPU time that it used since the event before; nanoseconds. */
  cpu_used: z.number(),
  /** CPU time that all CPUs together had to give since then; nanoseconds, more than 0. */
  sys_cpu: z.number(),
});
export type BackendMetrics = z.infer<typeof backendMetricsSchema>;

/** One row of `GET /v2/account/:account/backends`. */
export const runningBackendSchema = z.object({
  id: z.string(),
  created_at: z.string(),
  service_name: z.string(),
  cluster_name: z.string(),
  account_name: z.string(),
  status: publicStatusSchema,
  key: z.string(),
});
export type RunningBackend = z.infer<typeof runningBackendSchema>;
