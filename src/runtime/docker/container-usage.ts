import { z } from 'zod';
import type { Engine } from '../../docker-engine/engine.js';
import { ignoreError } from '../../os/debug/debug-log.js';
import type { Usage } from '../runtime.js';

/** The part of a container's statistics that is needed. The engine leaves out what it does not know. */
const statsSchema = z.object({
  cpu_stats: z.object({
    /** Nanoseconds. */
    cpu_usage: z.object({ total_usage: z.number() }),
    /** Nanoseconds of all CPUs together, idle ones too. */
    system_cpu_usage: z.number(),
  }),
  memory_stats: z.object({
    usage: z.number(),
    /** Without a limit of its own: all that the engine's machine has. */
    limit: z.number(),
    stats: z.object({ total_inactive_file: z.number().optional(), inactive_file: z.number().optional() }).optional(),
  }),
});

const NS_PER_MS = 1e6;

/** An engine older than version 25 takes up to a second for each answer. */
const ANSWER_TIMEOUT_MS = 5_000;

/** Asks the engine what a container uses right now. @returns undefined, never a rejection, if it does not answer */
export async function readUsage(engine: Engine, id: string): Promise<Usage | undefined> {
  const request = { query: { stream: false, 'one-shot': true }, timeoutMs: ANSWER_TIMEOUT_MS };
  return engine
    .request('GET', `/containers/${id}/stats`, request)
    .then(parseStats, ignoreError('docker', 'asking for the usage of a container'));
}

/**
 * Reads the engine's statistics of a container. Memory is counted as `docker stats` and the platform do: without files
 * that are cached and not in use, because the kernel frees these when memory is needed.
 * @returns undefined if the usage is missing, as for a container that does not run
 */
export function parseStats(stats: unknown): Usage | undefined {
  const parsed = statsSchema.safeParse(stats);
  if (!parsed.success) return undefined;
  const { cpu_stats: cpu, memory_stats: memory } = parsed.data;
  // The first name is that of cgroup v1.
  const cached = memory.stats?.total_inactive_file ?? memory.stats?.inactive_file ?? 0;
  const used = memory.usage > cached ? memory.usage - cached : memory.usage;
  if (used <= 0) return undefined;
  return {
    memoryBytes: used,
    // The engine knows one for cgroup v1 only, with all files that were ever cached.
    peakMemoryBytes: used,
    memoryLimitBytes: memory.limit,
    cpuMs: cpu.cpu_usage.total_usage / NS_PER_MS,
    systemCpuMs: cpu.system_cpu_usage / NS_PER_MS,
  };
}
