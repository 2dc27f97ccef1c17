import { expect } from 'vitest';
import { type BackendMetrics, backendMetricsSchema } from '../../src/contract/responses.js';
import type { Stream } from './http.js';

const KEYS = ['cluster', 'backend_id', 'mem_used', 'mem_available', 'cpu_used', 'sys_cpu'];

/** The events of a metrics stream so far, in whole chunks and with the platform's keys in order. */
export function metricsOf({ chunks }: Stream): BackendMetrics[] {
  for (const chunk of chunks) expect(chunk).toMatch(/^(?:data: \{[^\n]*\}\n\n)+$/);
  const texts = chunks.join('').split('\n\n').slice(0, -1);
  const events = texts.map((text) => JSON.parse(text.slice('data: '.length)));
  for (const event of events) expect(Object.keys(event)).toEqual(KEYS);
  return events.map((event) => backendMetricsSchema.parse(event));
}
