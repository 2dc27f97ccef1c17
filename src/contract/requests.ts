import { z } from 'zod';
import { checkEnv } from './env.js';
import { connectErrors } from './errors/connect-errors.js';
import { requestErrors } from './errors/request-errors.js';
import { checkIdentity, MAX_IDENTITY_BYTES } from './identity.js';
import { MAX_KEY_CHARACTERS, parseKey } from './key.js';
import { parseBody } from './parse-request.js';

const seconds = z.int().positive();
const envSchema = z
  .record(z.string(), z.string())
  .describe('Variables for the backend, in addition to those of the platform');

const resourceLimitsSchema = z.object({
  cpu_period: z.number().positive().nullish(),
  cpu_period_percent: z.number().positive().nullish(),
  cpu_time_limit: z.number().positive().nullish(),
  memory_limit_bytes: z.number().positive().nullish(),
  disk_limit_bytes: z.number().positive().nullish(),
});
export type ResourceLimits = z.infer<typeof resourceLimitsSchema>;

const spawnConfigSchema = z.object({
  tag: z.string().nullish(),
  cluster: z.string().nullish(),
  lifetime_limit_seconds: seconds.nullish().describe('How long after the spawn the backend is ended'),
  max_idle_seconds: seconds
    .nullish()
    .describe('How long without a connection before the backend is ended; default: 300'),
  executable: z
    .object({
      env: envSchema.nullish(),
      mount: z.union([z.string(), z.boolean()]).nullish(),
      resource_limits: resourceLimitsSchema.nullish(),
    })
    .nullish(),
});

/**
 * The description of a key. {@link parseKey} checks it after the other fields, since its errors have their own code.
 */
const keySchema = z
  .unknown()
  .optional()
  .meta({ type: ['string', 'null'], minLength: 1, maxLength: MAX_KEY_CHARACTERS });

/** Limit of the nesting of values that are passed on as JSON text, so that they can't exhaust the stack. */
const MAX_NESTING = 100;

/** A connect or spawn request of any API version. */
export interface ConnectParams {
  /** If absent, a random key is generated. */
  key?: string | undefined;
  /** Sent to the backend as `x-verified-username`. */
  user?: string | undefined;
  /** Sent to the backend as `x-verified-user-data`. */
  auth?: Record<string, unknown> | undefined;
  /** `false` to only look for the holder of the key. */
  spawn: boolean;
  env: Record<string, string>;
  tag?: string | undefined;
  environment?: string | undefined;
  /** Time limit without a connection, in seconds. */
  maxIdleSeconds?: number | undefined;
  /** Time limit after the spawn, in seconds. */
  lifetimeLimitSeconds?: number | undefined;
  mount?: string | boolean | undefined;
  limits?: ResourceLimits | undefined;
}

const TOGETHER = `at most ${MAX_IDENTITY_BYTES} bytes together with`;

const connectBodySchema = z
  .object({
    key: keySchema,
    user: z.string().nullish().describe(`Sent to the backend as x-verified-username; ${TOGETHER} auth`),
    auth: z
      .record(z.string(), z.unknown())
      .nullish()
      .describe(`Sent to the backend as x-verified-user-data, as JSON; ${TOGETHER} user`),
    spawn: z
      .union([z.boolean(), spawnConfigSchema])
      .nullish()
      .describe('How to spawn; false: only look for the holder of the key'),
  })
  .meta({ id: 'ConnectRequest' });

const v1SpawnBodySchema = z
  .object({
    env: envSchema.nullish(),
    grace_period_seconds: seconds.nullish(),
    lock: keySchema,
    tag: z.string().nullish(),
    service_environment: z.string().nullish(),
  })
  .meta({ id: 'V1SpawnRequest' });

/** Body of `POST /v2/service/:account/:service/connect`: every field optional, `null` counts as absent. */
export const connectRequestSchema = connectBodySchema.transform(fromConnectBody);

/**
 * Body of the v1 spawn endpoint: the same fields with older names (`lock` is the key, `grace_period_seconds` the idle
 * time).
 */
export const v1SpawnRequestSchema = v1SpawnBodySchema.transform(fromV1SpawnBody);

/** Body of `POST /v2/backend/:id/terminate`. */
export const terminateRequestSchema = z
  .object({ hard: z.boolean().nullish() })
  .meta({ id: 'TerminateRequest' })
  .transform(({ hard }) => ({ hard: hard ?? false }));

/** Body of `POST /service/:account/:service/terminate-backends`. */
export const terminateBackendsRequestSchema = z
  .object({
    before: z.iso
      .datetime({ offset: true, error: 'must be a time such as 2026-01-31T12:00:00Z' })
      .nullish()
      .describe('Only backends created before this time; default: all'),
    hard: z.boolean().nullish(),
    dry_run: z.boolean().nullish().describe('Only count the backends'),
  })
  .meta({ id: 'TerminateBackendsRequest' })
  .transform(({ before, hard, dry_run }) => ({
    before: before == null ? undefined : new Date(before),
    hard: hard ?? false,
    dryRun: dry_run ?? false,
  }));

/**
 * Parses a v2 connect body.
 * @throws JamdevError like {@link parseBody}, and `InvalidKey`, `KeyRequired`, `ReservedEnv`
 */
export function parseConnectRequest(body: unknown): ConnectParams {
  return parseBody(connectRequestSchema, body);
}

function fromConnectBody(request: z.infer<typeof connectBodySchema>): ConnectParams {
  const key = optionalKey(request.key);
  if (request.spawn === false && key === undefined) throw connectErrors.keyRequired();
  const config = typeof request.spawn === 'object' && request.spawn !== null ? request.spawn : {};
  const user = request.user ?? undefined;
  const auth = checkDepth(request.auth ?? undefined, 'auth');
  checkIdentity(user, auth);
  return {
    key,
    user,
    auth,
    spawn: request.spawn !== false,
    env: checkEnv(config.executable?.env ?? {}, 'spawn.executable.env'),
    tag: config.tag ?? undefined,
    maxIdleSeconds: config.max_idle_seconds ?? undefined,
    lifetimeLimitSeconds: config.lifetime_limit_seconds ?? undefined,
    mount: config.executable?.mount ?? undefined,
    limits: config.executable?.resource_limits ?? undefined,
  };
}

function fromV1SpawnBody(request: z.infer<typeof v1SpawnBodySchema>): ConnectParams {
  return {
    key: optionalKey(request.lock),
    spawn: true,
    env: checkEnv(request.env ?? {}),
    tag: request.tag ?? undefined,
    environment: checkText(request.service_environment, 'service_environment') ?? undefined,
    maxIdleSeconds: request.grace_period_seconds ?? undefined,
  };
}

/** Rejects NUL, which neither a database nor a path can contain. */
function checkText<T extends string | null | undefined>(text: T, field: string): T {
  if (text?.includes('\0')) throw requestErrors.invalidField(field, 'must not contain a NUL character');
  return text;
}

function checkDepth<T>(value: T, field: string): T {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_NESTING) throw requestErrors.invalidField(field, `is nested more than ${MAX_NESTING} levels deep`);
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return value;
}

function optionalKey(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : parseKey(value);
}
