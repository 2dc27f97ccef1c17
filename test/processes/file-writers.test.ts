import { spawn } from 'node:child_process';
import { closeSync, linkSync, openSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findFileWriters, isStillWriting, parseFileWriters } from '../../src/processes/file-writers.js';
import { makeTempFolder } from '../support/project.js';
import { waitFor } from '../support/wait.js';

// Other systems use lsof, whose output is parsed below.
test.runIf(process.platform === 'linux')(
  'finds the process that has a file open for writing until it closes it',
  async () => {
    const folder = makeTempFolder();
    const [written, read, link] = ['written', 'read', 'link'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    for (const path of [written, read]) closeSync(openSync(path, 'w'));
    symlinkSync(written, link);
    linkSync(read, join(folder, 'same'));
    const own = openSync(written, 'a');
    const writer = spawn('sh', ['-c', 'exec 3>>written 4<read; echo; exec cat'], { cwd: folder, stdio: 'pipe' });
    onTestFinished(() => {
      closeSync(own);
      writer.kill('SIGKILL');
    });
    await new Promise((resolve) => writer.stdout.once('data', resolve));
    const file = `${statSync(written).dev}:${statSync(written).ino}`;
    const found = await findFileWriters([written, read, join(folder, 'missing'), folder]);
    expect(found).toEqual([{ pid: writer.pid, path: written, file }]);
    const [one] = found as [(typeof found)[number]];
    expect(await isStillWriting(one)).toBe(true);
    writer.stdin.end();
    await waitFor(async () => !(await isStillWriting(one)), 'the end of the process');
    expect(await findFileWriters([written])).toEqual([]);
  },
);

test('reads what lsof prints', () => {
  // lsof 4.95 -w -nP -FpaDi -- held.log, with a writer, a reader and a process that does both
  const output = 'p459\nf1\naw\nD0xfe00\ni9977868\np461\nf0\nar\nD0xfe00\ni9977868\nf7\nau\nD0x1000004\ni12\n';
  expect(parseFileWriters(output)).toEqual([
    { pid: 459, file: '65024:9977868' },
    { pid: 461, file: '16777220:12' },
  ]);
  expect(parseFileWriters('')).toEqual([]);
});
