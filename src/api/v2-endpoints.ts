import type { Request, Response, Router } from 'express';
import { problem } from '../contract/errors.js';
import { parseConnectRequest, parseTerminateRequest } from '../contract/requests.js';
import type { BackendInfo, RunningBackend } from '../contract/responses.js';
import type { Backend } from '../platform/backend.js';
import { toInfoStatus, toPublicStatus } from '../platform/status-formats.js';
import { toConnectResponse } from './connect-results.js';
import type { ApiContext } from './context.js';
import { abortOnHangUp } from './hang-up.js';
import { sendJson } from './json.js';
import { streamRawLog } from './log-streams.js';
import { streamMetrics } from './metrics-stream.js';
import { streamStatuses } from './status-stream.js';

/** The account is a label that separates nothing locally; this one is shown where none is known. */
const LOCAL_ACCOUNT = 'local';
const LOCAL_CLUSTER = 'localhost';

/** Version 2 of the platform's API: connect, status, terminate, info, logs, metrics, the list of running backends. */
export function addV2Endpoints(router: Router, context: ApiContext): void {
  const { platform, info, logs } = context;

  const connect = async (request: Request, response: Response, service: string, environment?: string) => {
    const params = { ...parseConnectRequest(request.body), environment };
    const connection = await platform.connect(service, params, abortOnHangUp(response));
    sendJson(response, toConnectResponse(connection, info()));
  };
  router.post('/v2/service/:account/:service/connect', (request, response) =>
    connect(request, response, request.params.service),
  );
  router.post('/v2/service/:account/:service/:environment/connect', (request, response) =>
    connect(request, response, request.params.service, request.params.environment),
  );

  router.get('/v2/backend/:id/status', (request, response) => {
    sendJson(response, toPublicStatus(platform.backend(request.params.id).state));
  });

  router.get('/v2/backend/:id/status/stream', (request, response) => {
    streamStatuses(response, platform.backend(request.params.id), (history) => history.map(toPublicStatus));
  });

  router.post('/v2/backend/:id/terminate', (request, response) => {
    platform.terminate(request.params.id, parseTerminateRequest(request.body));
    sendJson(response, { status: 'ok' });
  });

  router.get('/v2/backend/:id/logs/stream', async (request, response) => {
    const log = logs.find(request.params.id);
    if (log === undefined) throw problem.backendNotFound(request.params.id);
    await streamRawLog(response, context, log);
  });

  router.get('/v2/backend/:id/metrics/stream', (request, response) => {
    streamMetrics(response, platform.backend(request.params.id), LOCAL_CLUSTER);
  });

  router.get('/v2/backend/:id', async (request, response) => {
    const backend = platform.backend(request.params.id);
    await backend.usage.readSoon();
    sendJson(response, toInfo(backend));
  });

  router.get('/v2/account/:account/backends', (request, response) => {
    const { account } = request.params;
    sendJson(response, { running_backends: platform.running.map((backend) => toRow(backend, account)) });
  });
}

function toInfo(backend: Backend): BackendInfo {
  return {
    id: backend.id,
    created_at: backend.createdAt.toISOString(),
    service_name: backend.identity.service.name,
    cluster_name: LOCAL_CLUSTER,
    account_name: LOCAL_ACCOUNT,
    statuses: backend.history.map(toInfoStatus),
    image_digest: null,
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
