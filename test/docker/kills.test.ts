import { expect, onTestFinished, test } from 'vitest';
import { removeLeftovers } from '../../src/images/leftovers.js';
import { chooseKills, chooseSeed } from '../crash/by-hand.js';
import { CrashSeries } from '../crash/crash-series.js';
import { Dice } from '../crash/dice.js';
import { makeProject } from '../support/project.js';
import { ContainerWorkload } from './container-workload.js';
import { describeDocker, testEngine } from './support.js';

const KILLS = chooseKills(6);
const LONGEST_ROUND_MS = 30_000;
const SERVER = "require('http').createServer((_, response) => response.end('up')).listen(8080)";

describeDocker('a dev server with containers', () => {
  test('after kill -9 at random moments, the next start leaves none of them, and no key has two holders', {
    timeout: (KILLS + 3) * LONGEST_ROUND_MS,
  }, async () => {
    const seed = chooseSeed();
    const project = makeProject({
      'code.js': SERVER,
      Dockerfile: 'FROM node:22-slim\nCOPY code.js /\nCMD ["node", "/code.js"]\n',
    });
    onTestFinished(async () => void (await removeLeftovers(testEngine(), { project, isRunAlive: () => false })));
    const report = await new CrashSeries(project, new Dice(seed), new ContainerWorkload(project)).run(KILLS);
    const { survivors, doubles } = report;
    console.log(`${KILLS} kills, seed ${seed}: ${survivors.length} survivors, ${doubles.length} double holders`);
    expect({ seed, ...report }).toEqual({ seed, survivors: [], doubles: [] });
  });
});
