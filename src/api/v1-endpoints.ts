import type { Router } from 'express';
import { parseV1SpawnRequest } from '../contract/requests.js';
import type { V1Status } from '../contract/status.js';
import type { Backend } from '../platform/backend.js';
import { toV1State, toV1Stream } from '../platform/status-formats.js';
import { toV1SpawnResult } from './connect-results.js';
import type { ApiContext } from './context.js';
import { abortOnHangUp } from './hang-up.js';
import { sendJson } from './json.js';
import { streamStatuses } from './status-stream.js';

/** Version 1 of the platform's API: spawn, status, status stream, terminate. */
export function addV1Endpoints(router: Router, { platform, info }: ApiContext): void {
  for (const prefix of ['', '/v1'] as const) {
    router.post(`${prefix}/user/:account/service/:service/spawn`, async (request, response) => {
      const params = parseV1SpawnRequest(request.body);
      const connection = await platform.connect(request.params.service, params, abortOnHangUp(response));
      sendJson(response, toV1SpawnResult(connection, info()));
    });
  }

  router.get('/backend/:id/status', (request, response) => {
    sendJson(response, toV1Status(platform.backend(request.params.id)));
  });

  router.get('/backend/:id/status/stream', (request, response) => {
    const backend = platform.backend(request.params.id);
    streamStatuses(response, backend, (history) =>
      toV1Stream(history).map(({ state, time }): V1Status => ({ state, time, backend: backend.id })),
    );
  });

  router.post('/backend/:id/terminate', (request, response) => {
    platform.terminate(request.params.id, true);
    sendJson(response, { status: 'ok' });
  });
}

function toV1Status({ id, state }: Backend): V1Status {
  return { state: toV1State(state), time: state.time.toISOString(), backend: id };
}
