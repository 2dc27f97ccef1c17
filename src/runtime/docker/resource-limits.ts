import type { ResourceLimits } from '../../contract/requests.js';

const MIB = 1024 * 1024;
/** Docker's own default if only the quota is given, in microseconds. */
const DEFAULT_CPU_PERIOD_US = 100_000;
/** Linux's limits for a period and its quota, in microseconds. */
const MIN_CPU_US = 1_000;
const MAX_CPU_PERIOD_US = 1_000_000;

/** A resource limit. */
export interface Limit {
  kind: 'memory' | 'cpu' | 'cpu time' | 'disk';
  /** The limit in the engine's HostConfig. */
  config: Record<string, unknown>;
  /** The limit's size for people: "64 MiB". */
  size: string;
}

/** Converts the limits of a request to the engine's form. */
export function limitsOf(limits: ResourceLimits | undefined): Limit[] {
  if (limits === undefined) return [];
  const { memory_limit_bytes: memory, disk_limit_bytes: disk, cpu_time_limit: cpuSeconds } = limits;
  const found: Limit[] = [];
  if (typeof memory === 'number') {
    const bytes = Math.round(memory);
    // Equal values disable additional swap, as in production.
    found.push({ kind: 'memory', config: { Memory: bytes, MemorySwap: bytes }, size: inMib(bytes) });
  }
  const cpu = cpuLimit(limits);
  if (cpu !== undefined) found.push(cpu);
  if (typeof cpuSeconds === 'number') {
    const seconds = Math.ceil(cpuSeconds);
    // One second between the warning (SIGXCPU) and the kill, so that the exit shows its cause.
    const config = { Ulimits: [{ Name: 'cpu', Soft: seconds, Hard: seconds + 1 }] };
    found.push({ kind: 'cpu time', config, size: `${seconds} s` });
  }
  if (typeof disk === 'number') {
    const bytes = Math.round(disk);
    found.push({ kind: 'disk', config: { StorageOpt: { size: String(bytes) } }, size: inMib(bytes) });
  }
  return found;
}

function cpuLimit({ cpu_period, cpu_period_percent: percent }: ResourceLimits): Limit | undefined {
  if (typeof cpu_period !== 'number' && typeof percent !== 'number') return undefined;
  const period = Math.min(MAX_CPU_PERIOD_US, Math.max(MIN_CPU_US, Math.round(cpu_period ?? DEFAULT_CPU_PERIOD_US)));
  if (typeof percent !== 'number')
    return { kind: 'cpu', config: { CpuPeriod: period }, size: `a period of ${period} µs` };
  const quota = Math.max(MIN_CPU_US, Math.round((period * percent) / 100));
  return { kind: 'cpu', config: { CpuPeriod: period, CpuQuota: quota }, size: `${percent}%` };
}

/** Patterns in the engine's messages about limits that it can't apply; the most specific first. */
const REFUSALS: readonly [Limit['kind'], RegExp][] = [
  ['disk', /storage-opt|storage opt|pquota|disk quota/i],
  ['cpu time', /ulimit|rlimit/i],
  ['memory', /memory|swap/i],
  ['cpu', /\bcpu|\bcfs\b/i],
];

/** Returns the limit that the engine's message on a failed start refers to. */
export function refusedLimit(message: string, limits: readonly Limit[]): Limit | undefined {
  for (const [kind, pattern] of REFUSALS) {
    if (pattern.test(message)) return limits.find((limit) => limit.kind === kind);
  }
  return undefined;
}

/** Formats a size for people: "64 MiB". */
function inMib(bytes: number): string {
  const mib = bytes / MIB;
  return `${mib >= 10 ? Math.round(mib) : Number(mib.toFixed(1))} MiB`;
}
