import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findRunningServer, listServerRecords, ServerRecordFile } from '../../src/records/server-records.js';
import { createStateFolder, stateFolderOf } from '../../src/records/state-folder.js';
import { makeTempFolder } from '../support/project.js';
import { recordOf } from '../support/server-record.js';

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '0']);
  await once(child, 'exit');
  return child.pid as number;
}

test('a record is found again as alive, readable only by this user, without a leftover draft', async () => {
  const project = makeTempFolder();
  const folder = createStateFolder(project);
  const record = await recordOf(project);
  const file = new ServerRecordFile(folder, 'run');
  file.write(await recordOf(project, { apiUrl: 'http://old' }));
  file.write(record);
  expect(readdirSync(folder.servers)).toEqual(['run.json']);
  expect(statSync(join(folder.servers, 'run.json')).mode & 0o077).toBe(0);
  expect(await listServerRecords(folder)).toEqual([{ record, alive: true, foreign: false }]);
});

test('a record is not alive if its process is gone or its pid belongs to another process', async () => {
  const project = makeTempFolder();
  const folder = createStateFolder(project);
  const gone = await recordOf(project, { runId: 'gone', pid: await deadPid(), startedAt: '2026-01-02T00:00:00.000Z' });
  const reused = await recordOf(project, {
    runId: 'reused',
    startId: 'another',
    startedAt: '2026-01-03T00:00:00.000Z',
  });
  new ServerRecordFile(folder, 'gone').write(gone);
  new ServerRecordFile(folder, 'reused').write(reused);
  expect(await listServerRecords(folder)).toEqual([
    { record: reused, alive: false, foreign: false },
    { record: gone, alive: false, foreign: false },
  ]);
  expect(await findRunningServer(project)).toBeUndefined();
});

test('a record from another container may be alive, unless the machine was booted since then', async () => {
  const project = makeTempFolder();
  const folder = createStateFolder(project);
  const own = await recordOf(project);
  const pid = await deadPid();
  const other = { pid, namespace: 'pid:[1]', startedAt: '2026-01-02T00:00:00.000Z' };
  const boot = own.startId.split(':')[0];
  new ServerRecordFile(folder, 'now').write({ ...own, ...other, runId: 'now', startId: `${boot}:1` });
  new ServerRecordFile(folder, 'earlier').write({ ...own, ...other, runId: 'earlier', startId: 'another:1' });
  const listed = await listServerRecords(folder);
  const found = Object.fromEntries(listed.map(({ record, alive, foreign }) => [record.runId, [alive, foreign]]));
  expect(found).toEqual({ now: [false, true], earlier: [false, false] });
  expect(await findRunningServer(project)).toBeUndefined();
});

test('skips files that are not records and treats a missing folder as empty', async () => {
  const project = makeTempFolder();
  const folder = createStateFolder(project);
  for (const [name, content] of [
    ['torn.json', '{"runId": "to'],
    ['null.json', 'null'],
    ['empty.json', '{}'],
    ['odd.json', '{"pid": "x", "startedAt": 5}'],
    ['run.json.tmp', '{}'],
    ['run.processes', '{}'],
  ] as const) {
    writeFileSync(join(folder.servers, name), content);
  }
  mkdirSync(join(folder.servers, 'folder.json'));
  const record = await recordOf(project);
  new ServerRecordFile(folder, 'run').write(record);
  expect(await listServerRecords(folder)).toEqual([{ record, alive: true, foreign: false }]);
  expect(await listServerRecords(stateFolderOf(join(project, 'nope')))).toEqual([]);
});

test('processes of a run are recorded one by one, and torn lines are skipped', () => {
  const folder = createStateFolder(makeTempFolder());
  const file = new ServerRecordFile(folder, 'run');
  expect(file.processes()).toEqual([]);
  const notes = [2, 3].map((pid) => ({ backendId: `b${pid}`, pid, startId: `s${pid}`, startedAt: pid }));
  for (const note of notes) file.noteProcess(note);
  // Pids of init, of a group and of all processes never belong to a run.
  for (const pid of [1, 0, -1, -4711, 1.5]) file.noteProcess({ backendId: 'odd', pid, startId: 's', startedAt: 1 });
  writeFileSync(join(folder.servers, 'run.processes'), '{"backendId": "b3", "pi', { flag: 'a' });
  expect(new ServerRecordFile(folder, 'run').processes()).toEqual(notes);
  expect(new ServerRecordFile(folder, 'other').processes()).toEqual([]);
  expect(statSync(join(folder.servers, 'run.processes')).mode & 0o077).toBe(0);
});

test('a process that can’t be recorded stops nothing', () => {
  const folder = createStateFolder(makeTempFolder());
  rmSync(folder.servers, { recursive: true });
  const file = new ServerRecordFile(folder, 'run');
  file.noteProcess({ backendId: 'b', pid: 1, startId: 's', startedAt: 1 });
  expect(file.processes()).toEqual([]);
});

test('a removed record leaves nothing behind, and can be removed again', async () => {
  const project = makeTempFolder();
  const folder = createStateFolder(project);
  const file = new ServerRecordFile(folder, 'run');
  file.write(await recordOf(project));
  file.noteProcess({ backendId: 'b', pid: 1, startId: 's', startedAt: 1 });
  file.remove();
  file.remove();
  expect(readdirSync(folder.servers)).toEqual([]);
});

test('the running dev server is found from any subfolder of its project; the nearest wins, then the newest', async () => {
  const project = makeTempFolder();
  const inner = join(project, 'packages', 'inner');
  mkdirSync(join(inner, 'src'), { recursive: true });
  const older = await recordOf(project, { runId: 'older' });
  const newer = await recordOf(project, { runId: 'newer', startedAt: '2026-01-02T00:00:00.000Z' });
  const dead = await recordOf(project, { runId: 'dead', startId: 'x', startedAt: '2026-01-03T00:00:00.000Z' });
  for (const record of [older, newer, dead])
    new ServerRecordFile(createStateFolder(project), record.runId).write(record);
  expect(await findRunningServer(join(inner, 'src'))).toEqual(newer);
  const innermost = await recordOf(inner, { runId: 'innermost' });
  new ServerRecordFile(createStateFolder(inner), 'innermost').write(innermost);
  expect(await findRunningServer(join(inner, 'src'))).toEqual(innermost);
  expect(await findRunningServer(project)).toEqual(newer);
});
