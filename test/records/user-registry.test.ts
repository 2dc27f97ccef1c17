import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type ServerRecord, ServerRecordFile } from '../../src/records/server-records.js';
import { createStateFolder, stateFolderOf } from '../../src/records/state-folder.js';
import { listRegisteredServers, registerServer, registryFolder } from '../../src/records/user-registry.js';
import { makeTempFolder } from '../support/project.js';
import { recordOf } from '../support/server-record.js';

/** Gives the test a registry of its own. */
function useStateHome(folder: string): void {
  const before = process.env.XDG_STATE_HOME;
  process.env.XDG_STATE_HOME = folder;
  onTestFinished(() => {
    process.env.XDG_STATE_HOME = before;
  });
}

/** Leaves a record as a dev server does that lives in this very process, unless told otherwise. */
async function leaveRecord(more: Partial<ServerRecord> = {}): Promise<ServerRecord> {
  const project = more.project ?? makeTempFolder();
  const record = await recordOf(project, more);
  new ServerRecordFile(createStateFolder(project), record.runId).write(record);
  return record;
}

test('the tests themselves have a registry of their own', () => {
  expect(process.env.XDG_STATE_HOME).toContain(join(tmpdir(), 'jamdev-test-state-'));
});

test.each([
  ['the variable', { XDG_STATE_HOME: '/state' }, '/state/jamdev/servers'],
  ['a relative path is ignored, as the specification says', { XDG_STATE_HOME: 'state' }, undefined],
  ['empty', { XDG_STATE_HOME: '' }, undefined],
  ['not set', {}, undefined],
])('where it lies: %s', (_name, env, expected) => {
  expect(registryFolder(env)).toBe(expected ?? join(homedir(), '.local/state/jamdev/servers'));
});

describe('the registry', () => {
  let home = '';
  beforeEach(() => {
    home = join(makeTempFolder(), 'new', 'home');
    useStateHome(home);
  });

  test('leads to the records of dev servers that run, by project and age, for this user only', async () => {
    expect(await listRegisteredServers()).toEqual([]);
    const folder = makeTempFolder();
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    mkdirSync(a);
    mkdirSync(b);
    const young = await leaveRecord({ runId: 'young', project: b, startedAt: '2026-01-02T00:00:00.000Z' });
    const old = await leaveRecord({ runId: 'old', project: b });
    const first = await leaveRecord({ runId: 'first', project: a, startedAt: '2026-01-03T00:00:00.000Z' });
    for (const record of [young, old, first]) expect(registerServer(record).problem).toBeUndefined();
    expect(await listRegisteredServers()).toEqual([first, old, young]);
    expect(statSync(registryFolder()).mode & 0o777).toBe(0o700);
    expect(statSync(join(registryFolder(), 'old.json')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(registryFolder(), 'old.json'), 'utf8')).toBe(`{"runId":"old","project":"${b}"}\n`);
  });

  test('forgets a dev server that takes its entry back, which may be done twice', async () => {
    const registration = registerServer(await leaveRecord());
    registration.remove();
    registration.remove();
    expect(readdirSync(registryFolder())).toEqual([]);
  });

  test('drops those that died, whose record is gone, or whose project is', async () => {
    const alive = await leaveRecord({ runId: 'alive' });
    const killed = await leaveRecord({ runId: 'killed', startId: 'another' });
    const stopped = await leaveRecord({ runId: 'stopped' });
    new ServerRecordFile(stateFolderOf(stopped.project), 'stopped').remove();
    for (const record of [alive, killed, stopped, { runId: 'deleted', project: '/no/such/project' }]) {
      registerServer(record);
    }
    expect(await listRegisteredServers()).toEqual([alive]);
    expect(readdirSync(registryFolder())).toEqual(['alive.json']);
  });

  test('keeps one whose project can not be read for now', async () => {
    const project = join(makeTempFolder(), 'file');
    writeFileSync(project, '');
    registerServer({ runId: 'run', project });
    expect(await listRegisteredServers()).toEqual([]);
    expect(readdirSync(registryFolder())).toEqual(['run.json']);
  });

  test('passes over files that are no entries', async () => {
    const record = await leaveRecord();
    registerServer(record);
    for (const [name, content] of [
      ['torn.json', '{"runId": "to'],
      ['null.json', 'null'],
      ['relative.json', '{"project": "app"}'],
      ['..json', '{"project": "/"}'],
      ['draft.json.tmp', '{}'],
    ] as const) {
      writeFileSync(join(registryFolder(), name), content);
    }
    mkdirSync(join(registryFolder(), 'folder.json'));
    expect(await listRegisteredServers()).toEqual([record]);
  });

  test('takes many writers at once', async () => {
    const records = await Promise.all(
      Array.from({ length: 20 }, (_, index) => leaveRecord({ runId: `run-${index}`, project: makeTempFolder() })),
    );
    const registrations = records.map(registerServer);
    expect(await listRegisteredServers()).toHaveLength(20);
    for (const registration of registrations) registration.remove();
    expect(readdirSync(registryFolder())).toEqual([]);
  });
});

describe('a home that can not be written is told, and no more', () => {
  test('a file in the place of a folder', async () => {
    const home = join(makeTempFolder(), 'file');
    writeFileSync(home, '');
    useStateHome(home);
    const { problem, remove } = registerServer(await leaveRecord());
    expect(problem?.message).toMatch(new RegExp(`can't write ${home}/jamdev/servers \\((ENOTDIR|EEXIST)\\)`));
    remove();
    expect(await listRegisteredServers()).toEqual([]);
  });

  test('a place that takes no new folder at all', async () => {
    useStateHome(process.platform === 'linux' ? '/proc/new' : '/System/new');
    expect(registerServer(await leaveRecord()).problem?.message).toContain('--everywhere');
  });
});
