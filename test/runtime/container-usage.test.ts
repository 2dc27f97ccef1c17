import { describe, expect, test } from 'vitest';
import { parseStats } from '../../src/runtime/docker/container-usage.js';

const CPU = { cpu_usage: { total_usage: 104_627_605 }, system_cpu_usage: 22_298_030_000_000, online_cpus: 2 };
const LIMIT = 64 * 1024 * 1024;

describe("the engine's statistics", () => {
  test.each([
    ['of cgroup v1', { inactive_file: 1, total_inactive_file: 20_000 }, 46_985],
    ['of cgroup v2', { inactive_file: 20_000, file: 30_000 }, 46_985],
    ['without a value for files', {}, 66_985],
    ['with more in files than in total', { inactive_file: 70_000 }, 66_985],
  ])('%s are read', (_what, stats, memoryBytes) => {
    expect(parseStats({ cpu_stats: CPU, memory_stats: { usage: 66_985, limit: LIMIT, stats } })).toEqual({
      memoryBytes,
      peakMemoryBytes: memoryBytes,
      memoryLimitBytes: LIMIT,
      cpuMs: 104.627605,
      systemCpuMs: 22_298_030,
    });
  });

  test.each([
    ['of a container that is not running', { cpu_stats: { cpu_usage: { total_usage: 0 } }, memory_stats: {} }],
    ['without used memory', { cpu_stats: CPU, memory_stats: { usage: 0, limit: LIMIT } }],
    ['without the system’s time', { cpu_stats: { cpu_usage: CPU.cpu_usage }, memory_stats: { usage: 1, limit: 2 } }],
    ['that are missing', undefined],
    ['that are not an object', 'hello'],
  ])('%s yield no usage', (_what, stats) => {
    expect(parseStats(stats)).toBeUndefined();
  });
});
