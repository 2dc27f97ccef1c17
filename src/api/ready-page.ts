import { randomBytes } from 'node:crypto';
import type { ErrorRequestHandler, Request, Response } from 'express';
import type { WarmPool } from '../contract/dev-endpoints.js';
import { type ReadyStatus, readyStatusSchema } from '../contract/responses.js';
import type { Status } from '../contract/status.js';
import { renderErrorPage } from '../pages/error-page.js';
import { type RenderedPage, renderPage } from '../pages/page.js';
import { preferredForm } from '../pages/preferred-form.js';
import { isEnding } from '../platform/backend-state.js';
import type { Arrival } from '../platform/control-plane.js';
import { toPublicStatus } from '../platform/status-formats.js';
import type { ApiContext } from './context.js';
import { type Endpoint, get } from './endpoint.js';
import { toKnownError } from './error-handler.js';
import { sendJson } from './json.js';
import { html } from './page-answer.js';

export const READY_PREFIX = '/ready';

const REFRESH_SECONDS = 1;
const NOT_YET: Record<Exclude<Status, 'ready' | 'terminated'>, string> = {
  scheduled: 'is about to start',
  loading: 'is waiting for its build or image',
  starting: 'is starting',
  waiting: 'is running, but does not answer yet',
  terminating: 'is ending',
  'hard-terminating': 'is being killed',
};

/**
 * Declares the page behind `ready_url`. It waits in a browser until the backend is ready and then redirects to the
 * connection URL, or explains why the backend will never be ready. Links from any site may lead here: such a request
 * has no Origin, so the guard lets it through, and the token grants access. Programs that accept JSON get the status.
 */
export function readyEndpoints({ controlPlane, urls, warmPools }: ApiContext): Endpoint[] {
  return [
    get(`${READY_PREFIX}/:backend/:token`, {
      summary: 'A page that waits until a backend is ready, then opens its connection URL',
      scope: 'public',
      answer: html([200, 302], readyStatusSchema),
      errors: ['BackendNotFound', 'TokenUnknown', 'BackendEnded'],
      handle: async ({ params, response }) => {
        const arrival = await controlPlane.arrival(params.backend, params.token);
        const { state } = arrival;
        const url = arrival.connectionUrl((await urls.forBrowser(response.req)).proxy_url);
        if (wantsJson(response.req)) {
          sendJson(response, { backend_id: params.backend, ...toPublicStatus(state), url } satisfies ReadyStatus);
        } else if (state.status === 'ready') {
          response
            .writeHead(302, { location: url, 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' })
            .end();
        } else {
          send(response, 200, renderWaitingPage(params.backend, state.status, arrival, warmPools?.() ?? []));
        }
      },
    }),
  ];
}

/** Answers errors as pages if the client is a person's browser; passes all others to the next handler. */
export const answerErrorAsPage: ErrorRequestHandler = (error: unknown, request, response, next) => {
  const known = toKnownError(error);
  if (known === undefined || wantsJson(request) || response.headersSent) return next(error);
  send(response, known.status, renderErrorPage(known, randomBytes(6).toString('hex')));
};

function wantsJson({ headers }: Request): boolean {
  return preferredForm(headers.accept, 'html') === 'json';
}

function renderWaitingPage(
  id: string,
  status: keyof typeof NOT_YET,
  { state, lines, service }: Arrival,
  pools: readonly WarmPool[],
): RenderedPage {
  const pool = pools.find((each) => each.service === service);
  const next = isEnding(state) ? 'says how it ended as soon as it has' : 'continues by itself as soon as it is ready';
  return renderPage({
    heading: `The backend "${id}" ${NOT_YET[status]}.`,
    text: [`Status: ${status}, since ${state.time.toISOString()}.`, `This page ${next}.`, ...describePool(pool)],
    lines,
    refreshSeconds: REFRESH_SECONDS,
  });
}

/** Describes a service's warm pool, which tells people who are waiting why their session may have started cold. */
function describePool(pool: WarmPool | undefined): string[] {
  return pool === undefined
    ? []
    : [`The warm pool of "${pool.service}" has ${pool.warm} of ${pool.size} backends warm.`];
}

function send(response: Response, status: number, { headers, body }: RenderedPage): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
}
