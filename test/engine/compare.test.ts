import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasDocker } from './drivers/backend-image.js';
import type { Driver } from './drivers/driver.js';
import { startJamdevDriver } from './drivers/jamdev-driver.js';
import { hasPlane, PLANE_VERSION, requiresPlane } from './drivers/plane-cluster.js';
import { startPlaneDriver } from './drivers/plane-driver.js';
import { freshCases, generated } from './scenarios/generated.js';
import { TABLES } from './scenarios/index.js';
import { type Outcome, runScenarios, type Scenario } from './stage/scenario.js';
import { compare, inWords } from './transcript/compare.js';
import { ListedDifferences, readListedDifferences } from './transcript/listed.js';
import { GENERATED, HOW_TO_RECORD, readRecording, writeRecording } from './transcript/recording.js';

/** Scenarios that run at once on one system. */
const AT_ONCE = 8;
/** Long enough for the first time on this machine, when Plane must be built. */
const START_TIMEOUT_MS = requiresPlane ? 1_200_000 : 120_000;
const RUN_TIMEOUT_MS = 600_000;

const NOT_AS_RECORDED = `Plane does something else than is recorded: ${HOW_TO_RECORD}`;
const NOT_LISTED = 'differences from Plane that docs/differences.md does not list';

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
const cases = only === undefined || only === GENERATED ? generated(isRecording) : [];
const scenarios = [...tables.flatMap(([, rows]) => rows), ...cases];

beforeAll(async () => {
  const started = await Promise.allSettled(Object.values(starts).map((start) => start()));
  for (const each of started) if (each.status === 'fulfilled') drivers.push(each.value);
  for (const each of started) if (each.status === 'rejected') throw each.reason;
  for (const driver of drivers) {
    // Scenarios that wait for a limit take long and cost little.
    const [waiting, others] = [scenarios.filter(isOfLimits), scenarios.filter((each) => !isOfLimits(each))];
    const runs = [runScenarios(driver, waiting, AT_ONCE), runScenarios(driver, others, AT_ONCE)];
    outcomes.set(driver.name, new Map(runs.flatMap((each) => [...each])));
  }
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

function isOfLimits({ name }: Scenario): boolean {
  return name.startsWith('limits/');
}

/** Descriptions of differences that are not listed or not as recorded. */
async function mismatches(
  driver: string,
  name: string,
  recorded: Record<string, unknown> | undefined,
): Promise<string[]> {
  const transcript = await transcriptOf(driver, name);
  const onPlane = recorded ?? (await transcriptOf('plane', name));
  const differences = compare(onPlane, transcript);
  return differences.filter((each) => !listed.explains(name, driver, each)).map(inWords);
}

describe.each(tables)('%s', (table, rows) => {
  const recorded = readRecording(table);
  const names = rows.map(({ name }) => name);

  if (!isRecording)
    test('has a recording of each scenario, and of no other', () => {
      expect(Object.keys(recorded).sort(), HOW_TO_RECORD).toEqual([...names].sort());
    });

  for (const driver of Object.keys(starts)) {
    test.each(names)(`%s on ${driver}`, { timeout: RUN_TIMEOUT_MS }, async (name) => {
      const transcript = await transcriptOf(driver, name);
      if (isRecording) return;
      if (driver === 'plane') expect(transcript, NOT_AS_RECORDED).toEqual(recorded[name]);
      else expect(await mismatches(driver, name, recorded[name] ?? {}), NOT_LISTED).toEqual([]);
    });
  }

  if (isRecording) {
    test('matches its recording', { timeout: RUN_TIMEOUT_MS }, async () => {
      const entries = await Promise.all(names.map(async (name) => [name, await transcriptOf('plane', name)] as const));
      writeRecording(table, Object.fromEntries(entries), PLANE_VERSION);
    });
  }
});

if (cases.length > 0) {
  describe(`${cases.length} generated cases`, () => {
    const recorded = freshCases === undefined ? readRecording(GENERATED) : {};

    test.each(Object.keys(starts))('on %s', { timeout: RUN_TIMEOUT_MS }, async (driver) => {
      const found: unknown[] = [];
      for (const { name, exchange } of cases) {
        const transcript = await transcriptOf(driver, name);
        if (isRecording || (driver === 'plane' && freshCases !== undefined)) continue;
        if (driver === 'plane') expect(transcript, `${name}: ${NOT_AS_RECORDED}`).toEqual(recorded[name]);
        const unlisted = driver === 'plane' ? [] : await mismatches(driver, name, recorded[name]);
        if (unlisted.length > 0) found.push({ name, unlisted, exchange });
      }
      expect(found.slice(0, 10), NOT_LISTED).toEqual([]);
    });

    if (isRecording) {
      test('match their recordings', async () => {
        const entries = cases.map(async ({ name }) => [name, await transcriptOf('plane', name)] as const);
        writeRecording(GENERATED, Object.fromEntries(await Promise.all(entries)), PLANE_VERSION);
      });
    }
  });
}

if (runsDocker && !isRecording && only === undefined) {
  test('every listed difference was seen', () => {
    expect(listed.unused(), 'docs/differences.md lists what is gone').toEqual([]);
  });
}
