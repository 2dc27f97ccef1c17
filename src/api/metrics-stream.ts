import type { Response } from 'express';
import type { BackendMetrics } from '../contract/responses.js';
import type { Backend } from '../platform/backend.js';
import type { UsageInterval } from '../platform/usage-gauge.js';
import { EventStream } from './event-stream.js';

const NS_PER_MS = 1e6;

/**
 * Streams about every second what a backend uses, until it is terminated; nothing of one that is already. The first
 * event comes as soon as there is something to compare with.
 * @param cluster its name, which each event carries
 */
export function streamMetrics(response: Response, backend: Backend, cluster: string): void {
  const stream = new EventStream(response);
  if (backend.state.status === 'terminated' || stream.closed.aborted) return stream.end();
  let drained = true;
  const unwatch = backend.usage.watch((interval) => {
    // Who reads too slowly misses some.
    if (!drained) return;
    stream.send(JSON.stringify(toMetrics(interval, backend.id, cluster)));
    drained = false;
    void stream.drained().then(() => {
      drained = true;
    });
  });
  const endWithBackend = () => {
    if (backend.state.status === 'terminated') stream.end();
  };
  backend.events.on('state', endWithBackend);
  stream.closed.addEventListener('abort', () => {
    unwatch();
    backend.events.off('state', endWithBackend);
  });
}

function toMetrics({ usage, cpuMs, systemCpuMs }: UsageInterval, id: string, cluster: string): BackendMetrics {
  return {
    cluster,
    backend_id: id,
    mem_used: Math.round(usage.memoryBytes),
    mem_available: Math.round(usage.memoryLimitBytes),
    cpu_used: Math.round(cpuMs * NS_PER_MS),
    sys_cpu: Math.ceil(systemCpuMs * NS_PER_MS),
  };
}
