import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { fixture } from '../../support/project.js';
import { type Program, runBothWays } from './both-ways.js';

const folder = fixture('seen');

/** What a program reports, compared key by key so that a failure names what differs. */
async function compare(program: Omit<Program, 'cwd'>) {
  const env = { TEST_PARENT: String(process.pid), ...program.env };
  const { cold, warm } = await runBothWays({ cwd: folder, ...program, env });
  expect(warm.stderr).toBe(cold.stderr);
  expect([cold.exit, warm.exit]).toEqual([
    { code: 0, signal: null },
    { code: 0, signal: null },
  ]);
  expect(JSON.parse(warm.stdout)).toEqual(JSON.parse(cold.stdout));
  return { cold, warm };
}

describe('a program sees the same in a process that was started ahead of time', () => {
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
      'writes that are reported',
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
