import type { Response } from 'express';
import { z } from 'zod';
import { backendErrors } from '../contract/errors/backend-errors.js';
import { type ConnectParams, connectRequestSchema, terminateRequestSchema } from '../contract/requests.js';
import {
  type BackendInfo,
  backendInfoSchema,
  backendMetricsSchema,
  connectResponseSchema,
  okSchema,
  type RunningBackend,
  runningBackendsSchema,
} from '../contract/responses.js';
import { publicStatusSchema } from '../contract/status.js';
import { digestOf } from '../images/image-catalog.js';
import type { Backend } from '../platform/backend.js';
import { toInfoStatus, toPublicStatus } from '../platform/status-formats.js';
import { events, json } from './answer.js';
import { toConnectResponse } from './connect-results.js';
import type { ApiContext } from './context.js';
import { type Endpoint, get, post } from './endpoint.js';
import { abortOnHangUp } from './hang-up.js';
import { accountName, LOCAL_ACCOUNT, LOCAL_CLUSTER } from './labels.js';
import { streamRawLog } from './log-streams.js';
import { streamMetrics } from './metrics-stream.js';
import { streamStatuses } from './status-stream.js';

/** Version 2 of the platform's API: connect, status, terminate, info, logs, metrics, the list of running backends. */
export function v2Endpoints(context: ApiContext): Endpoint[] {
  const { platform, urls, logs } = context;
  const connect = {
    summary: 'Connects to the backend that holds the key, or spawns one',
    body: connectRequestSchema,
    answer: json(connectResponseSchema),
    errors: [
      'InvalidKey',
      'KeyRequired',
      'ReservedEnv',
      'ServiceNotFound',
      'ImageNotFound',
      'ConfigUnreadable',
      'KeyUnheldNoSpawnConfig',
      'MountInUse',
      'BuildFailed',
      'ShuttingDown',
    ],
  } as const;
  const connectTo = async (service: string, params: ConnectParams, response: Response) =>
    toConnectResponse(
      await platform.connect(service, params, abortOnHangUp(response)),
      await urls.forProgram(response.req),
    );

  return [
    post('/v2/service/:account/:service/connect', {
      ...connect,
      handle: ({ params, body, response }) => connectTo(params.service, body, response),
    }),

    post('/v2/service/:account/:service/:environment/connect', {
      ...connect,
      handle: ({ params, body, response }) =>
        connectTo(params.service, { ...body, environment: params.environment }, response),
    }),

    get('/v2/backend/:id', {
      summary: 'Everything about a backend',
      answer: json(backendInfoSchema),
      errors: ['BackendNotFound'],
      handle: async ({ params }) => {
        const backend = platform.backend(params.id);
        await backend.usage.readSoon();
        return toInfo(backend);
      },
    }),

    get('/v2/backend/:id/status', {
      summary: 'The status of a backend',
      answer: json(publicStatusSchema),
      errors: ['BackendNotFound'],
      handle: ({ params }) => toPublicStatus(platform.backend(params.id).state),
    }),

    get('/v2/backend/:id/status/stream', {
      summary: 'Every status of a backend so far, then the live ones, until it has ended',
      answer: events(publicStatusSchema),
      errors: ['BackendNotFound'],
      handle: ({ params, response }) =>
        streamStatuses(response, platform.backend(params.id), (history) => history.map(toPublicStatus)),
    }),

    get('/v2/backend/:id/logs/stream', {
      summary: 'Every line that a backend printed so far, then the live ones, until it has ended',
      answer: events(z.string().describe('A line as it was printed')),
      errors: ['BackendNotFound'],
      handle: async ({ params, response }) => {
        const log = logs.find(params.id);
        if (log === undefined) throw backendErrors.backendNotFound(params.id);
        await streamRawLog(response, context, log);
      },
    }),

    get('/v2/backend/:id/metrics/stream', {
      summary: 'What a backend uses, about every second, until it has ended',
      answer: events(backendMetricsSchema),
      errors: ['BackendNotFound'],
      handle: ({ params, response }) => streamMetrics(response, platform.backend(params.id), LOCAL_CLUSTER),
    }),

    post('/v2/backend/:id/terminate', {
      summary: 'Ends a backend: softly, or at once if hard',
      body: terminateRequestSchema,
      answer: json(okSchema),
      errors: ['BackendNotFound', 'BackendNotRunning'],
      handle: ({ params, body }) => {
        platform.terminate(params.id, body.hard);
        return { status: 'ok' };
      },
    }),

    get('/v2/account/:account/backends', {
      summary: 'The running backends',
      answer: json(runningBackendsSchema),
      handle: ({ params }) => ({
        running_backends: platform.running.map((each) => toRow(each, accountName(params.account))),
      }),
    }),
  ];
}

function toInfo(backend: Backend): BackendInfo {
  return {
    id: backend.id,
    created_at: backend.createdAt.toISOString(),
    service_name: backend.identity.service.name,
    cluster_name: LOCAL_CLUSTER,
    account_name: LOCAL_ACCOUNT,
    statuses: backend.history.map(toInfoStatus),
    image_digest: backend.build === undefined ? '' : digestOf(backend.build),
    key: backend.identity.key,
    environment_name: backend.identity.environment,
    max_mem_bytes: backend.usage.peakBytes ?? null,
  };
}

function toRow(backend: Backend, account: string): RunningBackend {
  return {
    id: backend.id,
    created_at: backend.createdAt.toISOString(),
    service_name: backend.identity.service.name,
    cluster_name: LOCAL_CLUSTER,
    account_name: account,
    status: toPublicStatus(backend.state),
    key: backend.identity.key,
  };
}
