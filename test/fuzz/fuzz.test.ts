import { expect, test } from 'vitest';
import { ROOT } from '../support/project.js';
import { runFuzz, SIDE_NAMES } from './run.js';

/** The same cases at every run of the suite; `npm run fuzz` makes new ones, for as long as one likes. */
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_126);
const REQUESTS = { api: 600, proxy: 2_000 };
/** What may stay per request once all garbage is collected: any socket, request or response that is held is larger. */
const MAX_HEAP_GROWTH_BYTES = 4 * 1024 * 1024;

test.each(SIDE_NAMES)(
  '%s: no bytes from either side confuse, clog or end the dev server',
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
    // It was no walk past closed doors.
    const outcomes = [...report.outcomes.keys()];
    expect(outcomes).toEqual(
      expect.arrayContaining(side === 'api' ? ['200', '400', '404'] : ['from the backend', 'left']),
    );
    const [first, , , last] = report.memory.map(({ heapUsed }) => heapUsed);
    expect((last ?? Number.NaN) - (first ?? Number.NaN)).toBeLessThan(MAX_HEAP_GROWTH_BYTES);
  },
);
