import { z } from 'zod';
import { json } from '../api/answer.js';
import { type Endpoint, get } from '../api/endpoint.js';
import { okSchema } from '../contract/responses.js';
import type { ServeMetrics } from './metrics.js';

/** Declares the endpoints for load balancers and Prometheus. */
export function healthEndpoints(checkReady: () => Promise<void>, metrics: ServeMetrics): Endpoint[] {
  return [
    get('/healthz', {
      summary: 'Whether this process answers',
      scope: 'public',
      answer: json(okSchema),
      handle: () => ({ status: 'ok' }),
    }),

    get('/readyz', {
      summary: 'Whether connects can succeed: the database and the controller answer, and a drone accepts backends',
      scope: 'public',
      answer: json(okSchema),
      errors: ['DatabaseUnavailable', 'DatabaseUnusable', 'ControllerUnavailable', 'NoDroneAvailable', 'ShuttingDown'],
      handle: async () => {
        await checkReady();
        return { status: 'ok' };
      },
    }),

    get('/metrics', {
      summary: 'Measurements of this process, for Prometheus',
      scope: 'operator',
      answer: { contentType: metrics.contentType, statuses: [200], schema: z.string() },
      handle: async ({ response }) => {
        const text = await metrics.read();
        response.setHeader('content-type', metrics.contentType);
        // Set here so that HEAD gets the header as well.
        response.setHeader('content-length', Buffer.byteLength(text));
        response.end(text);
      },
    }),
  ];
}
