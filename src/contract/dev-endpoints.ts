import { z } from 'zod';
import { publicStatusSchema, timeSchema } from './status.js';
import type { BuildOutcome, LogSource, ServiceBuild } from './wire-types.js';

export type { BuildOutcome, ServiceBuild };

/** `GET /_jamdev/info`: which dev server this is. */
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
    /** Whether changes of files are being noticed: not yet at the very start, and not with nothing to watch. */
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

/** One row of `GET /_jamdev/backends`: every backend of this dev server, those that ended included, oldest first. */
export const devBackendSchema = z
  .object({
    id: z.string(),
    service: z.string(),
    key: z.string(),
    /** Whether the key was asked for, or made up: then a person knows the backend by its id. */
    key_given: z.boolean(),
    created_at: timeSchema,
    status: publicStatusSchema,
    /** What jamdev did to it last, where the status does not say why: "replaced by build 3 (changed: server.js)". */
    explanation: z.string().nullable(),
    start: z
      .enum(['cold', 'warm', 'pool'])
      .optional()
      .describe('How its process was started. Left out: nothing of it runs, or it runs on a cluster'),
    /** Null: it can't be told. */
    connections: z.number().nullable(),
    /** Memory in use, bytes; null: nothing runs, or it can't be told. */
    memory: z.number().nullable(),
    /** The share of all CPUs that it had lately, from 0 to 1; null while that is not known. */
    cpu: z.number().nullable(),
  })
  .meta({ id: 'DevBackend' });
export type DevBackend = z.infer<typeof devBackendSchema>;

/** How a build ended, as `POST /_jamdev/build` tells once it has. `superseded`: a newer one took its place. */
const buildOutcomeSchema = z.discriminatedUnion('result', [
  z.object({
    result: z.literal('succeeded'),
    number: z.number(),
    ms: z.number(),
    /** Present when the build came out the same as the last good one: running backends are not touched. */
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

/** One line of `GET /_jamdev/logs` (NDJSON). `source`: the stream that it was printed on; jamdev: a remark of jamdev. */
export const logRecordSchema = z
  .object({
    time: timeSchema,
    backend: z.string(),
    service: z.string(),
    key: z.string(),
    /** Whether the key was asked for, or made up: then a person knows the backend by its id. */
    key_given: z.boolean(),
    source: z.enum(['stdout', 'stderr', 'jamdev']) satisfies z.ZodType<LogSource>,
    text: z.string(),
    unfinished: z
      .literal(true)
      .optional()
      .describe('The line has no end yet: the next record of this backend and source replaces it'),
    end: z.literal(true).optional().describe('The text says how the backend ended. Nothing of it follows'),
  })
  .meta({ id: 'LogRecord' });
export type LogRecordJson = z.infer<typeof logRecordSchema>;

/** The warm pool of a service: backends that were started ahead of time and belong to no session. */
const warmPoolSchema = z
  .object({
    service: z.string(),
    warm: z.number().describe('How many await their assignment'),
    size: z.number().describe('How many there are to be'),
  })
  .meta({ id: 'WarmPool' });
export type WarmPool = z.infer<typeof warmPoolSchema>;

/** `GET /_jamdev/backends`. */
export const devBackendsSchema = z.object({
  backends: z.array(devBackendSchema),
  warm_pools: z.array(warmPoolSchema).optional().describe('Of the services that have one'),
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

/** How a build of a service ended. */
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
    .describe('Only backends that have crashed, of earlier runs too; what is there, without new lines. Default: false'),
  unfinished: z
    .enum(['true', 'false'])
    .optional()
    .describe('Whether to send lines that have no end yet. Default: false'),
  follow: z.enum(['true', 'false']).optional().describe('Whether to continue with new lines. Default: true'),
});

/** The two streams that a backend prints on. */
export type OutputSource = Exclude<LogSource, 'jamdev'>;
