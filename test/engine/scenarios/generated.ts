import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { ROOT } from '../../support/project.js';
import { exchanges } from '../generator/exchanges.js';
import type { Scenario } from '../stage/scenario.js';
import type { Exchange } from '../stage/stage.js';

/** Recorded cases, which every run compares. */
const RECORDED_CASES = 300;
const RECORDED_SEED = 1;
const FILE = join(ROOT, 'test', 'engine', 'recorded', 'generated-cases.json');

/** The number of other cases for a manual run. Undefined: the recorded ones. */
export const freshCases =
  process.env.JAMDEV_ENGINE_ONLY === 'generated' && process.env.JAMDEV_PROPERTY_RUNS !== undefined
    ? Number(process.env.JAMDEV_PROPERTY_RUNS)
    : undefined;

export interface GeneratedCase extends Scenario {
  exchange: Exchange;
}

/** Generated exchanges, which cover unexpected cases. */
export function generated(isRecording: boolean): GeneratedCase[] {
  if (freshCases !== undefined) return tableOf(sample(freshCases, Number(process.env.JAMDEV_PROPERTY_SEED ?? 2)));
  if (isRecording) {
    const cases = sample(RECORDED_CASES, RECORDED_SEED);
    writeFileSync(FILE, `[\n${cases.map((each) => JSON.stringify(each)).join(',\n')}\n]\n`);
    return tableOf(cases);
  }
  // As recorded, because another version of fast-check would generate others from the same seed.
  return tableOf(existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : []);
}

function sample(numRuns: number, seed: number): Exchange[] {
  return fc.sample(exchanges, { numRuns, seed });
}

function tableOf(cases: readonly Exchange[]): GeneratedCase[] {
  return cases.map((exchange, index) => ({
    name: `generated/${index + 1}`,
    exchange,
    run: (stage) => stage.exchange('exchange', exchange),
  }));
}
