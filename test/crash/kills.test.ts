import { expect, test } from 'vitest';
import { makeProject } from '../support/project.js';
import { chooseKills, chooseSeed } from './by-hand.js';
import { CrashSeries } from './crash-series.js';
import { Dice } from './dice.js';
import { ProcessWorkload } from './process-workload.js';

const KILLS = chooseKills(12);
const LONGEST_ROUND_MS = 12_000;

test('after kill -9 at random moments, the next start leaves nothing alive, and no key has two holders', {
  timeout: (KILLS + 5) * LONGEST_ROUND_MS,
}, async () => {
  const seed = chooseSeed();
  const dice = new Dice(seed);
  const project = makeProject({ 'project/code.js': '' });
  const folder = `${project}/project`;
  const report = await new CrashSeries(folder, dice, new ProcessWorkload(folder, dice)).run(KILLS);
  const { survivors, doubles } = report;
  console.log(`${KILLS} kills, seed ${seed}: ${survivors.length} survivors, ${doubles.length} double holders`);
  expect({ seed, ...report }).toEqual({ seed, survivors: [], doubles: [] });
});
