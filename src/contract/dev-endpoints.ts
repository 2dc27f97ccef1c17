import { z } from 'zod';
import { publicStatusSchema, timeSchema } from './status.js';
import type { BuildOutcome, LogSource, ServiceBuild } from './wire-types.js';

export type { BuildOutcome, ServiceBuild };

/** `GET /_jamdev/info`: identifies the dev server. */
export const devInfoSchema = z
  .object({
    version: z.string(),
    run_id: z.string(),
    pid: z.number(),
    project: z.string(),
    state_folder: z
      .string()
      .describe('The folder with the logs, records and volumes of the project; an absolute path.'),
    api_url: z.string(),
    proxy_url: z.string(),
    /** Whether file changes are being watched: not at the very beginning, and not if there is nothing to watch. */
    watching: z.boolean(),
  })
  .meta({ id: 'DevInfo' });
export type DevInfo = z.infer<typeof devInfoSchema>;

/** `GET /_jamdev/info` of `jamdev serve`, which has the other endpoints below `servePrefix()`. */
export const serveInfoSchema = z
  .object({
    kind: z.literal('serve'),
    version: z.string(),
    cluster: z.string(),
  })
  .meta({ id: 'ServeInfo' });
export type ServeInfo = z.infer<typeof serveInfoSchema>;

/** One row of `GET /_jamdev/backends`: every backend of this dev server, including ended ones, oldest first. */
export const devBackendSchema = z
  .object({
    id: z.string(),
    service: z.string(),
    key: z.string(),
    /** Whether the request gave the key. A generated key means nothing to the user, who knows the backend by its id. */
    key_given: z.boolean(),
    created_at: timeSchema,
    status: publicStatusSchema,
    /**
     * What jamdev last did to the backend, if the status does not explain it: "replaced by build 3 (changed:
     * server.js)".
     */
    explanation: z.string().nullable(),
    start: z
      .enum(['cold', 'warm', 'pool'])
      .optional()
      .describe('How its process was started. Left out if no process is running, or if it runs on a cluster'),
    /** Null: unknown. */
    connections: z.number().nullable(),
    /** Memory in use, in bytes; null if nothing is running or it is unknown. */
    memory: z.number().nullable(),
    /** The backend's recent share of all CPUs, from 0 to 1; null if unknown. */
    cpu: z.number().nullable(),
  })
  .meta({ id: 'DevBackend' });
export type DevBackend = z.infer<typeof devBackendSchema>;

/** The outcome of a build, as `POST /_jamdev/build` returns it. `superseded`: a newer build replaced it. */
const buildOutcomeSchema = z.discriminatedUnion('result', [
  z.object({
    result: z.literal('succeeded'),
    number: z.number(),
    ms: z.number(),
    /** Present when the result is the same as that of the last good build: running backends are not touched. */
    unchanged: z.literal(true).optional(),
  }),
  z.object({
    result: z.literal('failed'),
    number: z.number(),
    ms: z.number(),
    failure: z.string(),
    lines: z.array(z.string()),
  }),
  z.object({ result: z.literal('superseded'), number: z.number() }),
]) satisfies z.ZodType<BuildOutcome>;

/** One line of `GET /_jamdev/logs` (NDJSON). `source` is the stream of the line, or `jamdev` for a remark of jamdev. */
export const logRecordSchema = z
  .object({
    time: timeSchema,
    backend: z.string(),
    service: z.string(),
    key: z.string(),
    /** Whether the request gave the key. A generated key means nothing to the user, who knows the backend by its id. */
    key_given: z.boolean(),
    source: z.enum(['stdout', 'stderr', 'jamdev']) satisfies z.ZodType<LogSource>,
    text: z.string(),
    unfinished: z
      .literal(true)
      .optional()
      .describe('The line is unfinished: the next record of this backend and source replaces it'),
    end: z.literal(true).optional().describe('The text says how the backend ended. No more records of it follow'),
  })
  .meta({ id: 'LogRecord' });
export type LogRecordJson = z.infer<typeof logRecordSchema>;

/** The warm pool of a service: backends started ahead of time that belong to no session yet. */
const warmPoolSchema = z
  .object({
    service: z.string(),
    warm: z.number().describe('How many are waiting for an assignment'),
    size: z.number().describe('The configured size'),
  })
  .meta({ id: 'WarmPool' });
export type WarmPool = z.infer<typeof warmPoolSchema>;

/** `GET /_jamdev/backends`. */
export const devBackendsSchema = z.object({
  backends: z.array(devBackendSchema),
  warm_pools: z.array(warmPoolSchema).optional().describe('One for each service with a warm pool'),
  warm_starts: z
    .array(warmPoolSchema)
    .optional()
    .describe('What of each service was started ahead of time and has loaded nothing of the app'),
});

/** Query of `GET /_jamdev/backends`. */
export const devBackendsQuerySchema = z.object({
  earlier: z
    .enum(['true', 'false'])
    .optional()
    .describe('Whether to include backends of earlier runs whose logs are kept. Default: false'),
});

/** The outcome of a service's build. */
const serviceBuildSchema = z.intersection(
  z.object({ service: z.string() }),
  buildOutcomeSchema,
) satisfies z.ZodType<ServiceBuild>;

/** Body of `POST /_jamdev/build`. */
export const buildRequestSchema = z
  .strictObject({
    service: z.string().optional().describe('The service to build. Default: all of them'),
  })
  .meta({ id: 'BuildRequest' });

/** `POST /_jamdev/build`, one per service. */
export const buildsSchema = z.object({ builds: z.array(serviceBuildSchema) });

/** Query of `GET /_jamdev/logs`. */
export const logsQuerySchema = z.object({
  backend: z
    .string()
    .optional()
    .describe('A backend’s id, a key, or SERVICE/KEY. Default: all backends of this dev server'),
  tail: z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .optional()
    .describe('How many of the last existing lines to send. Default: all'),
  crashed: z
    .enum(['true', 'false'])
    .optional()
    .describe('Only crashed backends, including those of earlier runs; existing lines only. Default: false'),
  unfinished: z.enum(['true', 'false']).optional().describe('Whether to send unfinished lines. Default: false'),
  follow: z.enum(['true', 'false']).optional().describe('Whether to continue with new lines. Default: true'),
});

/** The two output streams of a backend. */
export type OutputSource = Exclude<LogSource, 'jamdev'>;
