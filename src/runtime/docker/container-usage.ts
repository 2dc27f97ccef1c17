import { z } from 'zod';
import type { Engine } from '../../docker-engine/engine.js';
import { ignoreError } from '../../os/debug/debug-log.js';
import type { Usage } from '../runtime.js';

/** The used parts of a container's statistics. The engine omits unknown values. */
const statsSchema = z.object({
  cpu_stats: z.object({
    /** In nanoseconds. */
    cpu_usage: z.object({ total_usage: z.number() }),
    /** Nanoseconds of all CPUs together, including idle time. */
    system_cpu_usage: z.number(),
  }),
  memory_stats: z.object({
    usage: z.number(),
    /** All memory of the engine's machine if the container has no limit. */
    limit: z.number(),
    stats: z.object({ total_inactive_file: z.number().optional(), inactive_file: z.number().optional() }).optional(),
  }),
});

const NS_PER_MS = 1e6;

/** Engines older than version 25 take up to a second for each answer. */
const ANSWER_TIMEOUT_MS = 5_000;

/**
 * Asks the engine for the current usage of a container. @returns undefined (never rejects) if the engine does not
 * answer
 */
export async function readUsage(engine: Engine, id: string): Promise<Usage | undefined> {
  const request = { query: { stream: false, 'one-shot': true }, timeoutMs: ANSWER_TIMEOUT_MS };
  return engine
    .request('GET', `/containers/${id}/stats`, request)
    .then(parseStats, ignoreError('docker', 'asking for the usage of a container'));
}

/**
 * Parses the engine's statistics of a container. Memory is counted as in `docker stats` and on the platform: without
 * cached files that are not in use, because the kernel frees these when memory is needed.
 * @returns undefined if the usage is missing, such as for a container that is not running
 */
export function parseStats(stats: unknown): Usage | undefined {
  const parsed = statsSchema.safeParse(stats);
  if (!parsed.success) return undefined;
  const { cpu_stats: cpu, memory_stats: memory } = parsed.data;
  // The first name is used by cgroup v1.
  const cached = memory.stats?.total_inactive_file ?? memory.stats?.inactive_file ?? 0;
  const used = memory.usage > cached ? memory.usage - cached : memory.usage;
  if (used <= 0) return undefined;
  return {
    memoryBytes: used,
    // The engine reports a peak for cgroup v1 only, and includes all files that were ever cached.
    peakMemoryBytes: used,
    memoryLimitBytes: memory.limit,
    cpuMs: cpu.cpu_usage.total_usage / NS_PER_MS,
    systemCpuMs: cpu.system_cpu_usage / NS_PER_MS,
  };
}
