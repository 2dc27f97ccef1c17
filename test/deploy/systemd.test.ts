import { execFile } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { hasPlane } from '../engine/drivers/plane-cluster.js';
import { findProgram } from '../support/installed.js';
import { makeTempFolder, ROOT } from '../support/project.js';

const FOLDER = join(ROOT, 'deploy', 'systemd');
const UNITS = readdirSync(FOLDER);
/** Not installed on every machine that runs the tests. */
const PLANE = '/usr/local/bin/plane';

/** The settings of a unit by name, repeated ones as a list. */
function settingsOf(unit: string): Map<string, string[]> {
  const settings = new Map<string, string[]>();
  for (const line of readFileSync(join(FOLDER, unit), 'utf8').split('\n')) {
    if (/^(#|\[\w+\]$|$)/.test(line)) continue;
    const [, name = '', value = ''] = /^([A-Z]\w+)=(.*)$/.exec(line) ?? expect.unreachable(`${unit}: ${line}`);
    settings.set(name, [...(settings.get(name) ?? []), value]);
  }
  return settings;
}

test.each(UNITS)('%s is restarted at once, however often it ends', (unit) => {
  const settings = settingsOf(unit);
  expect(settings.get('Restart')).toEqual(['always']);
  expect(settings.get('StartLimitIntervalSec')).toEqual(['0']);
  expect(settings.get('RestartSec')).toEqual([expect.stringMatching(/^(\d+ms|1s)$/)]);
  expect(settings.get('WantedBy')).toEqual(['multi-user.target']);
});

test.skipIf(findProgram('systemd-analyze') === undefined).each(UNITS)(
  'systemd accepts %s without complaint',
  async (unit) => {
    const folder = makeTempFolder();
    const plane = join(folder, 'plane');
    writeFileSync(plane, '#!/bin/sh\n');
    chmodSync(plane, 0o755);
    writeFileSync(join(folder, unit), readFileSync(join(FOLDER, unit), 'utf8').replaceAll(PLANE, plane));
    const { stdout, stderr } = await promisify(execFile)('systemd-analyze', ['verify', join(folder, unit)]);
    // It can complain without failing.
    expect(stdout + stderr).toBe('');
  },
);

test.skipIf(!hasPlane())(
  'Plane accepts the arguments of its unit, and keeps its file in the state folder',
  async () => {
    const settings = settingsOf('plane-drone.service');
    const [command = ''] = settings.get('ExecStart') ?? [];
    expect(command).toContain(` --db /var/lib/${settings.get('StateDirectory')?.[0]}/`);
    const values: Record<string, string> = {
      ...{ NAME: 'dr-1', CONTROLLER: 'ws://127.0.0.1:1', CLUSTER: 'example.com', ADDRESS: '127.0.0.1' },
    };
    const [, ...args] = command.replace(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? '').split(' ');
    const { XDG_CACHE_HOME, HOME } = process.env;
    const program = join(XDG_CACHE_HOME ?? join(HOME ?? '', '.cache'), 'jamdev', 'plane', 'bin', 'plane');
    // It starts far enough to look for its engine.
    const env = { DOCKER_HOST: 'unix:///run/nothing.sock' };
    const failure = await promisify(execFile)(program, args, { env }).catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    expect(failure.stdout + failure.stderr).toContain('Socket not found');
  },
);
