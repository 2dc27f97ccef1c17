import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';
import { startNode } from '../support/cli.js';
import { makeTempFolder, ROOT } from '../support/project.js';

/** Memory that may remain for each remembered backend. The variables of its request alone take 50,000 bytes. */
const MAX_BYTES_PER_REMEMBERED = 25_000;
/** Memory that may remain for each backend beyond those. One kept completely takes 9,000 bytes or more. */
const MAX_BYTES_PER_SPAWN = 1_000;

test('after 3,000 spawns, 1,000 ended backends are remembered without variables, and memory stops growing', {
  timeout: 240_000,
}, async () => {
  const folder = makeTempFolder();
  const script = join(folder, 'churn.mjs');
  const bundle = await rolldown({
    input: join(ROOT, 'test/platform/churn/spawn-again-and-again.ts'),
    platform: 'node',
    logLevel: 'silent',
  });
  await bundle.write({ file: script });
  const run = startNode(['--expose-gc', script, join(folder, 'logs'), '6'], { env: {} });
  expect(await run.exit, run.stderr()).toBe(0);
  const lines = run.stdout().trim().split('\n');
  const kept = JSON.parse(lines.at(-1) ?? '{}');
  expect(kept).toEqual({ remembered: 1_000, logs: 100 });
  const samples = lines.slice(0, -1).map((line) => JSON.parse(line) as { spawns: number; heapUsed: number });
  const heapUsedAfter = (count: number) => samples.find(({ spawns }) => spawns === count)?.heapUsed ?? Number.NaN;
  const grown = (from: number, to: number) => (heapUsedAfter(to) - heapUsedAfter(from)) / (to - from);
  expect(grown(500, 1_000), lines.join('\n')).toBeLessThan(MAX_BYTES_PER_REMEMBERED);
  expect(grown(1_500, 3_000), lines.join('\n')).toBeLessThan(MAX_BYTES_PER_SPAWN);
});
