import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasDocker } from './drivers/backend-image.js';
import type { Driver } from './drivers/driver.js';
import { startJamdevDriver } from './drivers/jamdev-driver.js';
import { hasPlane, PLANE_VERSION, requiresPlane } from './drivers/plane-cluster.js';
import { startPlaneDriver } from './drivers/plane-driver.js';
import { TABLES } from './scenarios/index.js';
import { type Outcome, runScenarios } from './stage/scenario.js';
import { compare, inWords } from './transcript/compare.js';
import { ListedDifferences, readListedDifferences } from './transcript/listed.js';
import { HOW_TO_RECORD, readRecording, writeRecording } from './transcript/recording.js';

/** Scenarios that run at once on one system. */
const AT_ONCE = 8;
/** It may be the first time on this machine, with Plane to be built. */
const START_TIMEOUT_MS = requiresPlane ? 1_200_000 : 120_000;
const RUN_TIMEOUT_MS = 240_000;

const isRecording = process.env.JAMDEV_ENGINE_RECORD === '1';
const runsDocker = hasDocker();
const runsPlane = runsDocker && hasPlane();
const starts: Partial<Record<Driver['name'], () => Promise<Driver>>> = {
  ...(runsPlane || isRecording || requiresPlane ? { plane: startPlaneDriver } : {}),
  ...(isRecording ? {} : { processes: () => startJamdevDriver('processes') }),
  ...(isRecording || !runsDocker ? {} : { containers: () => startJamdevDriver('containers') }),
};
if (starts.plane === undefined) {
  console.log(
    'engine: no Plane here: jamdev is compared with recordings only (test/engine/plane.sh install builds it)',
  );
}

const drivers: Driver[] = [];
const outcomes = new Map<string, Map<string, Promise<Outcome>>>();
const listed = new ListedDifferences(readListedDifferences());
const only = process.env.JAMDEV_ENGINE_ONLY;
const tables = Object.entries(TABLES).filter(([table]) => only === undefined || only === table);
const scenarios = tables.flatMap(([, rows]) => rows);

beforeAll(async () => {
  const started = await Promise.allSettled(Object.values(starts).map((start) => start()));
  for (const each of started) if (each.status === 'fulfilled') drivers.push(each.value);
  for (const each of started) if (each.status === 'rejected') throw each.reason;
  for (const driver of drivers) outcomes.set(driver.name, runScenarios(driver, scenarios, AT_ONCE));
}, START_TIMEOUT_MS);

afterAll(async () => {
  await Promise.all([...outcomes.values()].flatMap((each) => [...each.values()]));
  await Promise.all(drivers.map((driver) => driver.close()));
}, RUN_TIMEOUT_MS);

async function transcriptOf(driver: string, scenario: string): Promise<Record<string, unknown>> {
  const outcome = await outcomes.get(driver)?.get(scenario);
  if (outcome === undefined) throw new Error(`${scenario} did not run on ${driver}`);
  if ('error' in outcome) throw outcome.error;
  return outcome.transcript;
}

describe.each(tables)('%s', (table, rows) => {
  const recorded = readRecording(table);
  const names = rows.map(({ name }) => name);

  if (!isRecording)
    test('has a recording of each scenario, and of nothing else', () => {
      expect(Object.keys(recorded).sort(), HOW_TO_RECORD).toEqual([...names].sort());
    });

  for (const driver of Object.keys(starts)) {
    test.each(names)(`%s on ${driver}`, { timeout: RUN_TIMEOUT_MS }, async (name) => {
      const transcript = await transcriptOf(driver, name);
      if (isRecording) return;
      if (driver === 'plane') {
        expect(transcript, `Plane does something else than is recorded: ${HOW_TO_RECORD}`).toEqual(recorded[name]);
        return;
      }
      const differences = compare(recorded[name], transcript).filter((each) => !listed.explains(name, driver, each));
      expect(differences.map(inWords), 'differences from Plane that docs/differences.md does not list').toEqual([]);
    });
  }

  if (isRecording) {
    test('is recorded', { timeout: RUN_TIMEOUT_MS }, async () => {
      const entries = await Promise.all(names.map(async (name) => [name, await transcriptOf('plane', name)] as const));
      writeRecording(table, Object.fromEntries(entries), PLANE_VERSION);
    });
  }
});

if (runsDocker && !isRecording && only === undefined) {
  test('every difference that is listed was seen', () => {
    expect(listed.unused(), 'docs/differences.md lists what is gone').toEqual([]);
  });
}
