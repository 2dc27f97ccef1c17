import { describe, expect, test } from 'vitest';
import type { ApiSuite } from '../../support/api/test-api.js';
import { metricsOf } from '../../support/metrics-events.js';
import { waitFor } from '../../support/wait.js';

/** The usage of a backend, as a stream. */
export const metricsStream: ApiSuite = (target) => {
  describe('HTTP API: v2 metrics stream', () => {
    test('has events in the platform’s shape while the backend runs, and ends with it', async () => {
      const api = await target.open();
      const { backend_id: id } = await api.connectUntilReady();
      const stream = await api.stream(`/v2/backend/${id}/metrics/stream?nonce=0.7`);
      expect(stream.status).toBe(200);
      expect(stream.headers['content-type']).toBe('text/event-stream');
      await waitFor(() => metricsOf(stream).length >= 2, 'two events');
      await api.terminate(id, true);
      await stream.ended;
      for (const event of metricsOf(stream)) {
        const { mem_used, mem_available, cpu_used, sys_cpu } = event;
        expect(event).toMatchObject({ cluster: api.place.cluster, backend_id: id });
        for (const number of [mem_used, mem_available, cpu_used, sys_cpu]) {
          expect(Number.isSafeInteger(number) && number >= 0).toBe(true);
        }
        expect(mem_used).toBeGreaterThan(0);
        expect(mem_available).toBeGreaterThan(mem_used);
        expect(cpu_used).toBeLessThanOrEqual(sys_cpu);
      }
      await api.untilStatus(id, 'terminated');
    });

    test('is empty for a terminated backend, and 404 for an unknown one', async () => {
      const api = await target.open();
      const { backend_id: id } = await api.connectUntilReady();
      await api.terminate(id, true);
      await api.untilStatus(id, 'terminated');
      const stream = await api.stream(`/v2/backend/${id}/metrics/stream`);
      await stream.ended;
      expect(stream.status).toBe(200);
      expect(stream.chunks).toEqual([]);
      const unknown = await api.send('/v2/backend/nosuchbackend1/metrics/stream');
      expect(unknown.status).toBe(404);
      expect(unknown.json()).toMatchObject({ error: { code: 'BackendNotFound', status: 404 } });
    });
  });
};
