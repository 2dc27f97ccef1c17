import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fixture, makeProject } from '../../support/project.js';
import { type Program, runBothWays } from './both-ways.js';

const folder = fixture('seen');

/** What a program reports, compared key by key so that a failure names the difference. */
async function compare(program: Omit<Program, 'cwd'> & { cwd?: string }, read = (text: string) => JSON.parse(text)) {
  const env = { TEST_PARENT: String(process.pid), ...program.env };
  const { cold, warm } = await runBothWays({ cwd: folder, ...program, env });
  expect(warm.stderr).toBe(cold.stderr);
  expect([cold.exit, warm.exit]).toEqual([
    { code: 0, signal: null },
    { code: 0, signal: null },
  ]);
  expect(read(warm.stdout)).toEqual(read(cold.stdout));
  return { cold, warm };
}

describe('a program sees the same when it was started ahead of time', () => {
  test.each<[string, Omit<Program, 'cwd'>]>([
    ['CommonJS', { command: 'node app.cjs' }],
    ['an ES module', { command: 'node app.mjs' }],
    ['arguments', { command: 'node --no-warnings app.cjs one --two --inspect' }],
    [
      'variables of the config and the request',
      { command: 'node app.cjs', env: { A: '1', B: 'größe 🦊\n"' }, request: { C: '', B: 'x' } },
    ],
    [
      'NODE_OPTIONS of the config',
      { command: 'node app.cjs', env: { NODE_OPTIONS: '--max-old-space-size=99 --trace-warnings' } },
    ],
    [
      'reported writes',
      { command: 'node app.cjs', env: { JAMDEV_WRITES_FOLDER: `${tmpdir()}/jamdev-test-writes-${process.pid}` } },
    ],
    ['no remapping', { command: 'node app.cjs', remap8080: false }],
    [
      'no remapping, with NODE_OPTIONS',
      { command: 'node app.mjs', remap8080: false, env: { NODE_OPTIONS: '--no-deprecation' } },
    ],
    [
      'a time zone and a language of the config',
      { command: 'node app.cjs', env: { TZ: 'Asia/Tokyo', LC_ALL: 'de_DE.UTF-8' } },
    ],
  ])('%s', async (_what, program) => {
    const { cold, warm } = await compare(program);
    expect([cold.isWarm, warm.isWarm]).toEqual([false, true]);
  });
});

/**
 * The output of a package runner and the report of the program; variables unordered, because each shell has its own
 * order.
 */
function readRunnerOutput(text: string) {
  const start = text.indexOf('{"env"');
  const seen = JSON.parse(text.slice(start)) as Record<string, unknown> & { env: unknown[]; otherChild: string };
  const [env, otherChild] = [seen.env.toSorted(), seen.otherChild.split('\n').toSorted()];
  const [[childEnv, ...child], [workerEnv, ...worker]] = [seen.nodeChild, seen.worker] as [unknown[][], unknown[][]];
  const [nodeChild, ofWorker] = [
    [childEnv?.toSorted(), child],
    [workerEnv?.toSorted(), worker],
  ];
  return { banner: text.slice(0, start), ...seen, env, otherChild, nodeChild, worker: ofWorker };
}

describe('a script of package.json sees the same', () => {
  const scripts = {
    start: 'node app.cjs',
    module: 'node --no-warnings app.mjs one --two',
    again: 'npm run module',
  };
  const files = Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  const manifest = { name: '@scope/seen', version: '1.2.3', config: { port: 7 }, engines: { node: '>=20' }, scripts };

  test.each<[string, Omit<Program, 'cwd'>]>([
    ['npm start', { command: 'npm start' }],
    ['npm run', { command: 'npm run module', request: { A: 'größe 🦊\n"' } }],
    ['npm run of a script that runs one', { command: 'npm run again', remap8080: false }],
    ['npm without its banner and with arguments', { command: 'npm start -s -- three --four' }],
    ['npm with options for Node.js', { command: 'npm start', env: { NODE_OPTIONS: '--max-old-space-size=99' } }],
  ])('by %s', async (_what, program) => {
    const cwd = makeProject({ ...files, 'package.json': manifest, '.npmrc': 'loglevel=error\nfetch-retries=7\n' });
    const env = { npm_config_update_notifier: 'false', npm_config_logs_max: '0', ...program.env };
    const { cold, warm } = await compare({ ...program, env, cwd }, readRunnerOutput);
    expect([cold.isWarm, warm.isWarm]).toEqual([false, true]);
  });
});
