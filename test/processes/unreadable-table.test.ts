import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { listProcesses } from '../../src/processes/process-table.js';
import { useVariable } from '../support/environment.js';
import { fixture, makeTempFolder, ROOT } from '../support/project.js';

/** Puts a fake ps with this script alone on the PATH, or none at all. */
function fakePs(text: string | undefined): void {
  const folder = makeTempFolder();
  if (text !== undefined) {
    writeFileSync(join(folder, 'ps'), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, 'ps'), 0o755);
  }
  useVariable('PATH', folder);
}

describe('a ps that does not list all processes is an error, not an empty list:', () => {
  test.each([
    ['missing', undefined, 'ps (it is missing)'],
    ['failing', 'exit 1', 'Command failed'],
    ['failing halfway', 'echo "1 0 1 Ss 1 00:00:00 Sun Nov  1 08:05:00 2026"; exit 1', 'Command failed'],
    ['killed', 'kill -KILL $$', 'Command failed'],
    ['silent', 'true', 'does not show this process'],
    ['without this process', 'echo "1 0 1 Ss 1 00:00:00 Sun Nov  1 08:05:00 2026"', 'does not show this process'],
    ['in another format', 'echo "PID TTY TIME CMD"', 'does not show this process'],
  ])('%s', async (_name, text, reason) => {
    fakePs(text);
    await expect(listProcesses('ps')).rejects.toMatchObject({
      code: 'ProcessTableUnreadable',
      message: expect.stringContaining(reason),
    });
  });
});

test('without free descriptors a backend does not count as ended, gets its signal, and is ended later', async () => {
  const script = fixture('out-of-descriptors.mts');
  const words = [script, join(makeTempFolder(), 'notes'), fixture('saves-once.mjs'), fixture('family.mjs')];
  const { stdout } = await promisify(execFile)(
    '/bin/sh',
    ['-c', 'ulimit -n 200; exec node --import tsx "$@"', 'sh', ...words],
    { cwd: ROOT },
  );
  const [code, printed = ''] = stdout.trim().split('\n');
  expect(code).toBe('EMFILE');
  expect(JSON.parse(printed)).toEqual({
    endedBlindly: [],
    left: [],
    ended: ['saving', 'stubborn'],
    notes: 'up\nasked\nsaved\n',
  });
});
