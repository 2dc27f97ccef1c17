import type { Response } from 'express';
import { z } from 'zod';
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
import type { BackendState } from '../platform/backend-state.js';
import type { AccountPlane, BackendView } from '../platform/control-plane.js';
import { toInfoStatus, toPublicStatus } from '../platform/status-formats.js';
import { events, json } from './answer.js';
import { answerConnect } from './connect-results.js';
import type { ApiContext } from './context.js';
import { type Endpoint, get, post } from './endpoint.js';
import { abortOnEarlyHangUp, abortOnHangUp } from './hang-up.js';
import { streamRawLog } from './log-streams.js';
import { streamMetrics } from './metrics-stream.js';
import { streamStatuses } from './status-stream.js';

/**
 * Declares version 2 of the platform's API: connect, status, terminate, info, logs, metrics, the list of running
 * backends.
 */
export function v2Endpoints({ controlPlane, urls }: ApiContext): Endpoint[] {
  const { cluster } = controlPlane;
  const connect = {
    summary: 'Connects to the backend that holds the key, or spawns one',
    scope: 'connect',
    isDirect: true,
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
  const connectTo = async (plane: AccountPlane, service: string, params: ConnectParams, response: Response) =>
    answerConnect(
      response,
      await plane.connect(service, params, abortOnEarlyHangUp(response)),
      await urls.forProgram(response.req),
    );

  return [
    post('/v2/service/:account/:service/connect', {
      ...connect,
      handle: ({ account, params, body, response }) => connectTo(account.plane, params.service, body, response),
    }),

    post('/v2/service/:account/:service/:environment/connect', {
      ...connect,
      handle: ({ account, params, body, response }) =>
        connectTo(account.plane, params.service, { ...body, environment: params.environment }, response),
    }),

    get('/v2/backend/:id', {
      summary: 'Everything about a backend',
      isDirect: true,
      answer: json(backendInfoSchema),
      errors: ['BackendNotFound'],
      handle: async ({ account, params }) =>
        toInfo(await account.plane.backend(params.id), { account: account.name, cluster }),
    }),

    get('/v2/backend/:id/status', {
      summary: 'The status of a backend',
      isDirect: true,
      scope: 'public',
      answer: json(publicStatusSchema),
      errors: ['BackendNotFound'],
      handle: async ({ params }) => toPublicStatus(await controlPlane.state(params.id)),
    }),

    get('/v2/backend/:id/status/stream', {
      summary: 'Every status of a backend so far, then each new one until it has ended',
      isDirect: true,
      scope: 'public',
      answer: events(publicStatusSchema),
      errors: ['BackendNotFound'],
      handle: async ({ params, response }) => {
        const states = await controlPlane.states(params.id, abortOnHangUp(response));
        await streamStatuses(response, states, (history) => history.map(toPublicStatus));
      },
    }),

    get('/v2/backend/:id/logs/stream', {
      summary: 'Every line of output of a backend so far, then each new one until it has ended',
      answer: events(z.string().describe('A line as it was printed')),
      errors: ['BackendNotFound'],
      handle: async ({ account, params, response }) =>
        streamRawLog(response, await account.plane.logLines(params.id, abortOnHangUp(response))),
    }),

    get('/v2/backend/:id/metrics/stream', {
      summary: "A backend's CPU and memory usage, about every second, until it has ended",
      answer: events(backendMetricsSchema),
      errors: ['BackendNotFound'],
      handle: async ({ account, params: { id }, response }) =>
        streamMetrics(response, await account.plane.usage(id, abortOnHangUp(response)), { cluster, backend_id: id }),
    }),

    post('/v2/backend/:id/terminate', {
      summary: 'Ends a backend with SIGTERM, or with SIGKILL if hard',
      isDirect: true,
      scope: 'connect',
      body: terminateRequestSchema,
      answer: json(okSchema),
      errors: ['BackendNotFound', 'BackendNotRunning'],
      handle: async ({ account, params, body }) => {
        await account.plane.terminate(params.id, body.hard);
        return { status: 'ok' };
      },
    }),

    get('/v2/account/:account/backends', {
      summary: 'The running backends',
      answer: json(runningBackendsSchema),
      handle: async ({ account }) => ({
        running_backends: (await account.plane.running()).map((each) =>
          toRow(each, { account: account.name, cluster }),
        ),
      }),
    }),
  ];
}

/** The account and cluster in answers about backends. */
interface Place {
  account: string;
  cluster: string;
}

function toInfo(backend: BackendView, { account, cluster }: Place): BackendInfo {
  return {
    id: backend.id,
    created_at: backend.createdAt.toISOString(),
    service_name: backend.service,
    cluster_name: cluster,
    account_name: account,
    statuses: backend.history.map(toInfoStatus),
    image_digest: backend.imageDigest,
    key: backend.key,
    environment_name: backend.environment,
    max_mem_bytes: backend.peakMemoryBytes ?? null,
  };
}

function toRow(backend: BackendView, { account, cluster }: Place): RunningBackend {
  return {
    id: backend.id,
    created_at: backend.createdAt.toISOString(),
    service_name: backend.service,
    cluster_name: cluster,
    account_name: account,
    status: toPublicStatus(backend.history.at(-1) as BackendState),
    key: backend.key,
  };
}
