import { describe, expect, test, vi } from 'vitest';
import { type DevBackend, devBackendSchema } from '../../src/contract/dev-endpoints.js';
import type { BackendMetrics } from '../../src/contract/responses.js';
import { onDev } from '../support/api/dev-api.js';
import { startServer, untilStatus } from '../support/dev-server.js';
import { openStream, post, type Stream, send } from '../support/http.js';
import { metricsOf } from '../support/metrics-events.js';
import { fixture } from '../support/project.js';
import { waitFor } from '../support/wait.js';
import { metricsStream } from './suites/metrics-stream.js';

onDev(metricsStream);

const MIB = 1024 * 1024;
/** Holds 100 MiB in two processes, and needs no server. */
const HOLD = `node ${fixture('usage.mjs')} all 100 0`;
const BUSY = `node -e "for (;;);"`;

async function until(count: number, stream: Stream): Promise<BackendMetrics[]> {
  return waitFor(() => (metricsOf(stream).length >= count ? metricsOf(stream) : undefined), `${count} events`);
}

describe('HTTP API', () => {
  describe('v2 metrics stream', () => {
    test('sends the usage of the backend about once a second, and ends with it', async () => {
      const server = await startServer({ command: HOLD });
      const { backend_id: id } = await server.connect();
      await untilStatus(server, id, 'waiting');
      await waitFor(
        async () => ((await server.parts.platform.backend(id).usage.read())?.memoryBytes ?? 0) > 100 * MIB,
        'its memory',
      );
      const startedAt = performance.now();
      const stream = await openStream(`${server.apiUrl}/v2/backend/${id}/metrics/stream?nonce=0.7`);
      expect(stream.status).toBe(200);
      expect(stream.headers['content-type']).toBe('text/event-stream');
      const events = await until(4, stream);
      expect(performance.now() - startedAt).toBeGreaterThan(3_000);
      for (const event of events) {
        expect(event).toMatchObject({ cluster: 'localhost', backend_id: id });
        expect(event.mem_used).toBeGreaterThan(100 * MIB);
        expect(event.mem_used).toBeLessThan(500 * MIB);
        expect(event.mem_available).toBeGreaterThan(event.mem_used);
        expect(event.cpu_used).toBeGreaterThanOrEqual(0);
        expect(event.cpu_used / event.sys_cpu).toBeLessThan(0.5);
        expect(Number.isInteger(event.cpu_used) && Number.isInteger(event.sys_cpu)).toBe(true);
      }
      await post(`${server.apiUrl}/v2/backend/${id}/terminate`, { hard: true });
      await stream.ended;
      expect(server.parts.platform.backend(id).state.status).toBe('terminated');
      metricsOf(stream);
    });

    test('shows how busy a backend is', async () => {
      const server = await startServer({ command: BUSY });
      const { backend_id: id } = await server.connect();
      const stream = await openStream(`${server.apiUrl}/v2/backend/${id}/metrics/stream`);
      const events = (await until(3, stream)).slice(1);
      // In nanoseconds: of two or more CPUs it used a part, and at most one.
      for (const { cpu_used } of events) expect(cpu_used).toBeLessThan(2e9);
      expect(Math.max(...events.map(({ cpu_used }) => cpu_used))).toBeGreaterThan(5e7);
      expect(Math.max(...events.map(({ cpu_used, sys_cpu }) => cpu_used / sys_cpu))).toBeGreaterThan(0.02);
    });

    test('listeners share samples, and sampling stops when all have closed', async () => {
      const server = await startServer();
      const { backend_id: id } = await server.connect();
      const { usage } = await untilStatus(server, id, 'ready');
      const watch = usage.watch.bind(usage);
      let watching = 0;
      vi.spyOn(usage, 'watch').mockImplementation((listener) => {
        const stop = watch(listener);
        watching += 1;
        return () => {
          watching -= 1;
          stop();
        };
      });
      const read = vi.spyOn(usage, 'read');
      const url = `${server.apiUrl}/v2/backend/${id}/metrics/stream`;
      const streams = await Promise.all([1, 2, 3, 4, 5].map(() => openStream(url)));
      await Promise.all(streams.map((stream) => until(3, stream)));
      expect(watching).toBe(5);
      // One sample for the first listener and one per second: less than three per listener.
      expect(read.mock.calls.length).toBeLessThan(3 * streams.length);
      streams[0]?.close();
      await waitFor(() => watching === 4, 'the first to be gone');
      for (const stream of streams) stream.close();
      await waitFor(() => watching === 0, 'all to be gone');
    });
  });

  describe('v2 info', () => {
    test('has no memory for a backend that has not started a process', async () => {
      const server = await startServer({ build: 'sleep 30' });
      const { backend_id: id } = await server.connect();
      await untilStatus(server, id, 'loading');
      expect((await send(`${server.apiUrl}/v2/backend/${id}`)).json()).toMatchObject({ max_mem_bytes: null });
    });

    test('has the peak memory, even after the end', async () => {
      const server = await startServer({ command: HOLD });
      const { backend_id: id } = await server.connect();
      const maxMem = async () =>
        (await send(`${server.apiUrl}/v2/backend/${id}`)).json<{ max_mem_bytes: number | null }>().max_mem_bytes;
      await waitFor(async () => ((await maxMem()) ?? 0) > 100 * MIB, 'its memory');
      await post(`${server.apiUrl}/v2/backend/${id}/terminate`, { hard: true });
      await untilStatus(server, id, 'terminated');
      const most = await maxMem();
      expect(most).toBeGreaterThan(100 * MIB);
      expect(most).toBeLessThan(500 * MIB);
      expect(await maxMem()).toBe(most);
    });
  });

  describe("jamdev's own list", () => {
    test('has the memory of running backends, and their CPU share once it is known', async () => {
      const server = await startServer({ command: HOLD });
      const [gone, here] = [await server.connect({ key: 'gone' }), await server.connect({ key: 'here' })];
      await post(`${server.apiUrl}/v2/backend/${gone.backend_id}/terminate`, { hard: true });
      await untilStatus(server, gone.backend_id, 'terminated');
      const row = async (id: string) => {
        const { backends } = (await send(`${server.apiUrl}/_jamdev/backends`)).json<{ backends: DevBackend[] }>();
        return devBackendSchema.parse(backends.find((backend) => backend.id === id));
      };
      await waitFor(async () => ((await row(here.backend_id)).memory ?? 0) > 100 * MIB, 'its memory');
      expect(await row(gone.backend_id)).toMatchObject({ memory: null, cpu: null });
      const unwatch = server.parts.platform.backend(here.backend_id).usage.watch(() => undefined);
      const cpu = await waitFor(async () => (await row(here.backend_id)).cpu?.toFixed(6), 'its CPU share');
      unwatch();
      expect(Number(cpu)).toBeGreaterThanOrEqual(0);
      expect(Number(cpu)).toBeLessThan(1);
    });
  });
});
