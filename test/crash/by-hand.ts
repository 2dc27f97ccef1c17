import { randomInt } from 'node:crypto';

/**
 * How many dev servers to kill. For a long manual run: `JAMDEV_KILLS=300 npx vitest run test/crash/kills.test.ts` (or
 * `test/docker/kills.test.ts`).
 */
export function chooseKills(inTheSuite: number): number {
  return Number(process.env.JAMDEV_KILLS ?? inTheSuite);
}

/** The seed of a run; `JAMDEV_SEED` repeats one. */
export function chooseSeed(): number {
  return Number(process.env.JAMDEV_SEED ?? randomInt(2 ** 31));
}
