import { expect, test } from 'vitest';
import { ROOT } from '../support/project.js';
import { runFuzz, SIDE_NAMES } from './run.js';

/** The same cases in every run of the suite; `npm run fuzz` makes new ones for any length of time. */
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_126);
const REQUESTS = { api: 600, proxy: 2_000 };
/**
 * Memory that may remain per request after a full garbage collection: any retained socket, request or response is
 * larger.
 */
const MAX_HEAP_GROWTH_BYTES = 4 * 1024 * 1024;

test.each(SIDE_NAMES)(
  '%s: no bytes from either side confuse, block or end the dev server',
  {
    timeout: 300_000,
  },
  async (side) => {
    const report = await runFuzz({
      side,
      requests: REQUESTS[side],
      seed: SEED,
      path: undefined,
      root: ROOT,
      log: () => undefined,
    });
    expect(report.failure, `FUZZ_SEED=${SEED}`).toBeUndefined();
    expect(report.requests).toBeGreaterThan(REQUESTS[side] / 4);
    // Proves that the run was meaningful.
    const outcomes = [...report.outcomes.keys()];
    expect(outcomes).toEqual(
      expect.arrayContaining(side === 'api' ? ['200', '400', '404'] : ['from the backend', 'left']),
    );
    const [first, , , last] = report.memory.map(({ heapUsed }) => heapUsed);
    expect((last ?? Number.NaN) - (first ?? Number.NaN)).toBeLessThan(MAX_HEAP_GROWTH_BYTES);
  },
);
