import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startNode } from '../support/cli.js';
import { fixture, makeProject, ROOT } from '../support/project.js';

const COUNT = 3;

test('remembers ended backends without their processes', async () => {
  const args = [join(ROOT, 'dist', 'index.js'), `node ${fixture('echo-server.mjs')}`, String(COUNT)];
  const run = startNode([fixture('end-backends.mjs'), ...args], { cwd: makeProject(), env: process.env });
  expect(await run.exit, run.stderr()).toBe(0);
  const { before, running, ended } = JSON.parse(run.stdout());
  expect({ running, ended }).toEqual({ running: before + COUNT, ended: before });
});
