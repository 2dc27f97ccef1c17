import type { Response } from 'express';
import type { BackendMetrics } from '../contract/responses.js';
import type { UsageInterval } from '../platform/usage-gauge.js';
import { EventStream } from './event-stream.js';

const NS_PER_MS = 1e6;

/**
 * Streams about every second what a backend uses, until it has terminated; sends nothing if it already has. The first
 * event is sent as soon as there are two samples to compare.
 * @param named the backend and its cluster, which are part of each event
 */
export async function streamMetrics(
  response: Response,
  intervals: AsyncIterable<UsageInterval>,
  named: Pick<BackendMetrics, 'cluster' | 'backend_id'>,
): Promise<void> {
  const stream = new EventStream(response);
  for await (const interval of intervals) {
    stream.send(JSON.stringify({ ...named, ...toMetrics(interval) } satisfies BackendMetrics));
    // A slow reader misses intervals.
    await stream.drained();
  }
  stream.end();
}

function toMetrics({ usage, cpuMs, systemCpuMs }: UsageInterval): Omit<BackendMetrics, 'cluster' | 'backend_id'> {
  return {
    mem_used: Math.round(usage.memoryBytes),
    mem_available: Math.round(usage.memoryLimitBytes),
    cpu_used: Math.round(cpuMs * NS_PER_MS),
    sys_cpu: Math.ceil(systemCpuMs * NS_PER_MS),
  };
}
