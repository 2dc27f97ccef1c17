import type { ResourceLimits } from '../../contract/requests.js';

const MIB = 1024 * 1024;
/** What Docker itself takes when only the share of it is given; microseconds. */
const DEFAULT_CPU_PERIOD_US = 100_000;
/** Of a period and of a share of it, the least and the most that Linux takes; microseconds. */
const MIN_CPU_US = 1_000;
const MAX_CPU_PERIOD_US = 1_000_000;

/** One limit, as options of `docker run`. */
export interface Limit {
  kind: 'memory' | 'cpu' | 'cpu time' | 'disk';
  args: string[];
  /** For people: "64 MiB". */
  size: string;
}

/** What a request's limits come to in options of `docker run`. */
export function limitsOf(limits: ResourceLimits | undefined): Limit[] {
  if (limits === undefined) return [];
  const { memory_limit_bytes: memory, disk_limit_bytes: disk, cpu_time_limit: cpuSeconds } = limits;
  const found: Limit[] = [];
  if (typeof memory === 'number') {
    const bytes = Math.round(memory);
    // The same for both: no swap on top, as in production.
    const args = ['--memory', String(bytes), '--memory-swap', String(bytes)];
    found.push({ kind: 'memory', args, size: inMib(bytes) });
  }
  const cpu = cpuLimit(limits);
  if (cpu !== undefined) found.push(cpu);
  if (typeof cpuSeconds === 'number') {
    const seconds = Math.ceil(cpuSeconds);
    // One second between asking (SIGXCPU) and killing, so that the end tells its cause.
    const args = ['--ulimit', `cpu=${seconds}:${seconds + 1}`];
    found.push({ kind: 'cpu time', args, size: `${seconds} s` });
  }
  if (typeof disk === 'number') {
    const bytes = Math.round(disk);
    found.push({ kind: 'disk', args: ['--storage-opt', `size=${bytes}`], size: inMib(bytes) });
  }
  return found;
}

function cpuLimit({ cpu_period, cpu_period_percent: percent }: ResourceLimits): Limit | undefined {
  if (typeof cpu_period !== 'number' && typeof percent !== 'number') return undefined;
  const period = Math.min(MAX_CPU_PERIOD_US, Math.max(MIN_CPU_US, Math.round(cpu_period ?? DEFAULT_CPU_PERIOD_US)));
  const args = ['--cpu-period', String(period)];
  if (typeof percent !== 'number') return { kind: 'cpu', args, size: `a period of ${period} µs` };
  args.push('--cpu-quota', String(Math.max(MIN_CPU_US, Math.round((period * percent) / 100))));
  return { kind: 'cpu', args, size: `${percent}%` };
}

/** How the engine says that it can't apply a limit, most telling first. */
const REFUSALS: readonly [Limit['kind'], RegExp][] = [
  ['disk', /storage-opt|storage opt|pquota|disk quota/i],
  ['cpu time', /ulimit|rlimit/i],
  ['memory', /memory|swap/i],
  ['cpu', /\bcpu|\bcfs\b/i],
];

/**
 * Which limit a failed start is about.
 * @param stderr what the client itself printed
 */
export function refusedLimit(stderr: string, limits: readonly Limit[]): Limit | undefined {
  for (const [kind, pattern] of REFUSALS) {
    if (pattern.test(stderr)) return limits.find((limit) => limit.kind === kind);
  }
  return undefined;
}

/** A size for people: "64 MiB". */
function inMib(bytes: number): string {
  const mib = bytes / MIB;
  return `${mib >= 10 ? Math.round(mib) : Number(mib.toFixed(1))} MiB`;
}
