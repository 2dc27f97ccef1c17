import type { Response } from 'express';
import {
  buildRequestSchema,
  buildsSchema,
  type DevBackend,
  devBackendsQuerySchema,
  devBackendsSchema,
  devInfoSchema,
  logRecordSchema,
  logsQuerySchema,
  type ServiceBuild,
} from '../contract/dev-endpoints.js';
import { DEV_PREFIX } from '../contract/dev-prefix.js';
import { backendErrors } from '../contract/errors/backend-errors.js';
import type { LogOwner } from '../logs/backend-log.js';
import { crashedLogs, endedBackends, findLogs, type StoredLog } from '../logs/log-store.js';
import type { Backend } from '../platform/backend.js';
import { toPublicStatus } from '../platform/status-formats.js';
import { UsageGauge } from '../platform/usage-gauge.js';
import { listRunningServers } from '../records/server-records.js';
import { json, jsonLines } from './answer.js';
import type { DevApiContext } from './dev-context.js';
import { infoEndpoint } from './early-endpoints.js';
import { described, type Endpoint, get, post } from './endpoint.js';
import { streamRecords } from './log-streams.js';

/** Shown to the person at the terminal of the dev server. */
const BUILD_REASON = 'jamdev build';

/** Declares jamdev's own endpoints for its command line, which are not part of the platform's API. */
export function devEndpoints(context: DevApiContext): Endpoint[] {
  const { platform, logs } = context;
  return [
    described(infoEndpoint(context), devInfoSchema),

    get(`${DEV_PREFIX}/backends`, {
      summary:
        'Lists the backends of this dev server, including ended ones, and on request those of earlier ones; oldest first',
      isDirect: true,
      query: devBackendsQuerySchema,
      answer: json(devBackendsSchema),
      handle: async ({ query: { earlier } }) => {
        const { backends } = platform;
        await UsageGauge.readAllSoon(backends.map(({ usage }) => usage));
        const listed = backends.map(toDevBackend);
        const all = earlier === 'true' ? [...(await earlierBackends(context)), ...listed] : listed;
        return { backends: all, warm_pools: context.warmPools(), warm_starts: context.warmStarts() };
      },
    }),

    post(`${DEV_PREFIX}/build`, {
      summary: 'Rebuilds every service, or one of them, and waits for the outcome',
      body: buildRequestSchema,
      answer: json(buildsSchema),
      errors: ['ServiceNotFound'],
      handle: async ({ body: { service } }) => ({ builds: await buildSome(context, service) }),
    }),

    get(`${DEV_PREFIX}/logs`, {
      summary:
        'The output of one backend so far, then live until it has ended; or the live output of all backends of this dev server',
      query: logsQuerySchema,
      answer: jsonLines(logRecordSchema),
      errors: ['BackendNotFound'],
      handle: async ({ query: { backend, tail, follow, unfinished, crashed }, response }) => {
        if (crashed === 'true') return streamCrashed(response, context, backend, tail);
        const one = backend === undefined ? undefined : findOneLog(context, backend);
        await streamRecords(response, context, {
          follow: follow !== 'false',
          unfinished: unfinished === 'true',
          tail,
          list: (): StoredLog[] => (one === undefined ? [...logs.created] : [one]),
          isAbandoned: await findAbandoned(context),
          mayGrow: () => one === undefined || logs.isOpen(one.owner.backendId),
        });
      },
    }),
  ];
}

/** Returns the backends that have kept logs but are no longer known, such as those of earlier runs. */
async function earlierBackends({ platform, logs }: DevApiContext): Promise<DevBackend[]> {
  const earlier = logs.list().filter(({ owner }) => !platform.knows(owner.backendId));
  return endedBackends(earlier, await listRunningServers());
}

async function streamCrashed(
  response: Response,
  context: DevApiContext,
  name: string | undefined,
  tail: number | undefined,
): Promise<void> {
  const chosen = crashedLogs(context.logs.list(), name);
  const options = { follow: false, unfinished: false, tail, list: () => chosen, mayGrow: () => false };
  await streamRecords(response, context, { ...options, isAbandoned: await findAbandoned(context) });
}

/** Finds the running dev servers. @returns a function that tells whether a log's dev server is not running anymore */
async function findAbandoned({ info }: DevApiContext): Promise<(owner: LogOwner) => boolean> {
  const runs = new Set([info().run_id, ...(await listRunningServers()).map(({ runId }) => runId)]);
  return ({ runId }) => !runs.has(runId);
}

/** @param name undefined for all services */
async function buildSome({ platform, builder }: DevApiContext, name: string | undefined): Promise<ServiceBuild[]> {
  if (name === undefined) return builder.buildAll(BUILD_REASON);
  const { definition } = platform.services.find(name);
  // A service that was created through the API has nothing to build.
  if (definition === undefined) return [];
  return [{ service: definition, ...(await builder.build(definition, BUILD_REASON)) }];
}

/** @throws JamdevError if a name matches no log, or several running backends */
function findOneLog({ platform, logs }: DevApiContext, name: string): StoredLog {
  const running = new Set(platform.running.map(({ id }) => id));
  const [log, ...others] = findLogs(name, logs.list(), (id) => running.has(id));
  if (log === undefined) throw backendErrors.noLogs(name);
  if (others.length > 0) {
    const holders = [log, ...others].map(({ owner }) => ({ id: owner.backendId, service: owner.service }));
    throw backendErrors.ambiguousName(name, holders);
  }
  return log;
}

function toDevBackend(backend: Backend): DevBackend {
  return {
    id: backend.id,
    service: backend.identity.service.name,
    key: backend.identity.key,
    key_given: backend.identity.keyGiven,
    created_at: backend.createdAt.toISOString(),
    status: toPublicStatus(backend.state),
    explanation: backend.explanation ?? null,
    ...(backend.startKind === undefined ? {} : { start: backend.startKind }),
    connections: backend.connections,
    memory: backend.usage.latest?.memoryBytes ?? null,
    cpu: backend.usage.cpuShare ?? null,
  };
}
