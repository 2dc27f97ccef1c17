import { v1SpawnRequestSchema } from '../contract/requests.js';
import { okSchema, v1SpawnResultSchema } from '../contract/responses.js';
import { type V1Status, v1StatusSchema } from '../contract/status.js';
import { toV1SpawnResult } from '../contract/v1-spawn-result.js';
import type { BackendState } from '../platform/backend-state.js';
import { toV1State, toV1Stream } from '../platform/status-formats.js';
import { events, json } from './answer.js';
import { answerConnect } from './connect-results.js';
import type { ApiContext } from './context.js';
import { type Endpoint, get, post } from './endpoint.js';
import { abortOnHangUp } from './hang-up.js';
import { streamStatuses } from './status-stream.js';

/** Declares version 1 of the platform's API: spawn, status, status stream, terminate. */
export function v1Endpoints({ controlPlane, urls }: ApiContext): Endpoint[] {
  const spawns = (['', '/v1'] as const).map((prefix) =>
    post(`${prefix}/user/:account/service/:service/spawn`, {
      summary: 'Connects to the backend that holds the lock, or spawns one',
      scope: 'connect',
      body: v1SpawnRequestSchema,
      answer: json(v1SpawnResultSchema),
      errors: [
        'InvalidKey',
        'ReservedEnv',
        'ServiceNotFound',
        'ImageNotFound',
        'ConfigUnreadable',
        'BuildFailed',
        'ShuttingDown',
      ],
      handle: async ({ account, params, body, response }) =>
        toV1SpawnResult(
          answerConnect(
            response,
            await account.plane.connect(params.service, body, abortOnHangUp(response)),
            await urls.forProgram(response.req),
          ),
        ),
    }),
  );

  return [
    ...spawns,

    get('/backend/:id/status', {
      summary: 'The state of a backend',
      scope: 'public',
      answer: json(v1StatusSchema),
      errors: ['BackendNotFound'],
      handle: async ({ params }) => toV1Status(params.id, await controlPlane.state(params.id)),
    }),

    get('/backend/:id/status/stream', {
      summary: 'Every state of a backend so far, then each new one until it has ended',
      scope: 'public',
      answer: events(v1StatusSchema),
      errors: ['BackendNotFound'],
      handle: async ({ params, response }) => {
        const states = await controlPlane.states(params.id, abortOnHangUp(response));
        await streamStatuses(response, states, (history) =>
          toV1Stream(history).map(({ state, time }): V1Status => ({ state, time, backend: params.id })),
        );
      },
    }),

    post('/backend/:id/terminate', {
      summary: 'Kills a backend',
      scope: 'connect',
      answer: json(okSchema),
      errors: ['BackendNotFound', 'BackendNotRunning'],
      handle: async ({ account, params }) => {
        await account.plane.terminate(params.id, true);
        return { status: 'ok' };
      },
    }),
  ];
}

function toV1Status(backend: string, state: BackendState): V1Status {
  return { state: toV1State(state), time: state.time.toISOString(), backend };
}
