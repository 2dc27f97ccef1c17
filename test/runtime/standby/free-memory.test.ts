import { totalmem } from 'node:os';
import { expect, test } from 'vitest';
import { readFreeMemory } from '../../../src/runtime/standby/free-memory.js';

/** The files of a control group. */
function filesOf(files: Record<string, string>): (path: string) => string {
  return (path) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
    return text;
  };
}

const V2 = '/sys/fs/cgroup';
const V1 = '/sys/fs/cgroup/memory';
const onLinux = process.platform === 'linux';

test.each<[string, Record<string, string>, number]>([
  [
    'version 2, whose caches can be reclaimed',
    {
      [`${V2}/memory.max`]: '1000\n',
      [`${V2}/memory.current`]: '700\n',
      [`${V2}/memory.stat`]: 'anon 1\ninactive_file 100\n',
    },
    400,
  ],
  [
    'version 1',
    {
      [`${V1}/memory.limit_in_bytes`]: '1000\n',
      [`${V1}/memory.usage_in_bytes`]: '900\n',
      [`${V1}/memory.stat`]: 'inactive_file 7\ntotal_inactive_file 50\n',
    },
    150,
  ],
])('the limit of a control group counts: %s', (_what, files, free) => {
  expect(readFreeMemory(filesOf(files))).toBe(onLinux ? free : expect.any(Number));
});

test.each<[string, Record<string, string>]>([
  ['no limit', { [`${V2}/memory.max`]: 'max\n' }],
  ['no control groups', {}],
])('with %s, the memory of the machine counts', (_what, files) => {
  const free = readFreeMemory(filesOf(files));
  expect(free).toBeGreaterThan(0);
  expect(free).toBeLessThanOrEqual(totalmem());
});
