import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { findProcess } from '../../src/processes/process-table.js';
import { MAX_COPIED_BYTES } from '../../src/records/move-folder.js';
import { moveOldState, oldStateOf } from '../../src/records/old-state.js';
import { createStateFolder, type StateFolder } from '../../src/records/state-folder.js';
import { makeTempFolder } from '../support/project.js';
import { useStateHome } from '../support/state-home.js';

const HASH = '0123456789ab';
/** A separate file system on nearly every Linux. */
const OTHER_FILE_SYSTEM = '/dev/shm';
const hasOther = existsSync(OTHER_FILE_SYSTEM) && statSync(OTHER_FILE_SYSTEM).dev !== statSync(makeRoot()).dev;

function makeRoot(): string {
  return process.env.XDG_STATE_HOME ?? '/tmp';
}

/** The state folder of a project with these files of an earlier version. */
function makeOldState(files: Record<string, string>): { project: string; old: StateFolder; folder: StateFolder } {
  const project = makeTempFolder();
  const old = oldStateOf(project);
  for (const [name, text] of Object.entries(files)) {
    const path = join(old.root, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  }
  return { project, old, folder: createStateFolder(project) };
}

const ALL = {
  '.gitignore': '*\n',
  'servers/run.json': '{"pid": 4711, "startId": "x", "startedAt": "2026-01-01"}',
  'servers/run.processes': '{"backendId": "b", "pid": 1, "startId": "s", "startedAt": 1}',
  'logs/abc123/owner.json': '{}',
  'logs/abc123/1.log': 'line',
  [`volumes/default-${HASH}/doc-1-${HASH}/file`]: 'kept',
  [`volumes/default-${HASH}/doc-2-${HASH}/deep/file`]: 'kept too',
};

describe('on the same file system', () => {
  beforeEach(() => useStateHome(makeTempFolder()));

  test('logs and volumes are moved, and nothing is left in the project', async () => {
    const { project, folder } = makeOldState(ALL);
    expect(await moveOldState(project, folder)).toEqual([]);
    expect(readdirSync(project)).toEqual([]);
    expect(readFileSync(join(folder.logs, 'abc123', '1.log'), 'utf8')).toBe('line');
    expect(readFileSync(join(folder.volumes, `default-${HASH}`, `doc-2-${HASH}`, 'deep', 'file'), 'utf8')).toBe(
      'kept too',
    );
    expect(readdirSync(folder.servers)).toEqual([]);
    expect(statSync(folder.volumes).mode & 0o777).toBe(0o700);
    expect(await moveOldState(project, folder)).toEqual([]);
  });

  test('two concurrent starts move it once without errors', async () => {
    const { project, folder } = makeOldState(ALL);
    expect(await Promise.all([moveOldState(project, folder), moveOldState(project, folder)])).toEqual([[], []]);
    expect(readdirSync(folder.logs)).toEqual(['abc123']);
    expect(existsSync(oldStateOf(project).root)).toBe(false);
  });

  test('existing state is not overwritten, and the old state stays and is reported', async () => {
    const { project, old, folder } = makeOldState(ALL);
    const key = join(`default-${HASH}`, `doc-1-${HASH}`);
    mkdirSync(join(folder.volumes, key), { recursive: true });
    writeFileSync(join(folder.volumes, key, 'file'), 'newer');
    const [remark] = await moveOldState(project, folder);
    expect(remark).toContain(join(old.volumes, key));
    expect(readFileSync(join(folder.volumes, key, 'file'), 'utf8')).toBe('newer');
    expect(readFileSync(join(old.volumes, key, 'file'), 'utf8')).toBe('kept');
    expect(readdirSync(old.root).sort()).toEqual(['.gitignore', 'volumes']);
  });

  test('nothing moves while a dev server of an earlier version runs there', async () => {
    const startId = (await findProcess(process.pid))?.startId;
    const { project, old, folder } = makeOldState({
      ...ALL,
      'servers/run.json': JSON.stringify({ pid: process.pid, startId }),
    });
    expect(await moveOldState(project, folder)).toMatchObject([expect.stringContaining(old.root)]);
    expect(readdirSync(old.logs)).toEqual(['abc123']);
    expect(readdirSync(folder.logs)).toEqual([]);
  });

  test('files that jamdev did not create, and anything that is not a folder, stay', async () => {
    const { project, old, folder } = makeOldState({
      ...ALL,
      notes: 'mine',
      'logs/My Log/file': 'mine',
      'volumes/mine/file': 'mine',
      'servers/mine': 'mine',
    });
    expect(await moveOldState(project, folder)).toEqual([]);
    expect(readdirSync(old.root).sort()).toEqual(['.gitignore', 'logs', 'notes', 'servers', 'volumes']);
    expect(readdirSync(old.servers)).toEqual(['mine']);
    expect(readdirSync(old.logs)).toEqual(['My Log']);
    expect(readdirSync(old.volumes)).toEqual(['mine']);
  });

  test.each([
    '',
    'logs',
    'logs/abc123',
    'servers',
    'servers/run.json',
    'volumes',
    `volumes/s-${HASH}`,
    `volumes/s-${HASH}/k-${HASH}`,
  ])('a link in place of .jamdev/%s is not followed, and its target is unchanged', async (path) => {
    const project = makeTempFolder();
    const folder = createStateFolder(project);
    const target = makeTempFolder();
    for (const [name, text] of Object.entries({ ...ALL, [`k-${HASH}/file`]: 'x', 'run.json': '{}', '1.log': 'x' })) {
      mkdirSync(join(target, name, '..'), { recursive: true });
      writeFileSync(join(target, name), text);
    }
    const before = readdirSync(target, { recursive: true }).sort();
    const link = join(project, '.jamdev', path);
    mkdirSync(join(link, '..'), { recursive: true });
    symlinkSync(
      path.endsWith('.json') ? join(target, 'run.json') : target,
      path === '' ? join(project, '.jamdev') : link,
    );
    await moveOldState(project, folder);
    expect(readdirSync(target, { recursive: true }).sort()).toEqual(before);
    expect(readdirSync(folder.logs)).toEqual([]);
  });

  test('a .gitignore that is a link, or has other content, is unchanged', async () => {
    const { project, old, folder } = makeOldState({ 'logs/abc123/1.log': 'line' });
    const precious = join(makeTempFolder(), 'precious');
    writeFileSync(precious, '*\n');
    symlinkSync(precious, join(old.root, '.gitignore'));
    await moveOldState(project, folder);
    expect(readFileSync(precious, 'utf8')).toBe('*\n');
    expect(readdirSync(old.root)).toEqual(['.gitignore']);
  });
});

describe.skipIf(!hasOther)('to another file system', () => {
  beforeEach(() => {
    const home = mkdtempSync(join(OTHER_FILE_SYSTEM, 'jamdev-test-'));
    onTestFinished(() => rmSync(home, { recursive: true }));
    useStateHome(home);
  });

  test('it is copied, with times, links and permissions, and then deleted', async () => {
    const { project, old, folder } = makeOldState(ALL);
    const key = join(`default-${HASH}`, `doc-1-${HASH}`);
    symlinkSync('../elsewhere', join(old.volumes, key, 'link'));
    utimesSync(join(old.volumes, key, 'file'), 1_000_000, 1_000_000);
    expect(await moveOldState(project, folder)).toEqual([]);
    expect(readdirSync(project)).toEqual([]);
    expect(readdirSync(join(folder.volumes, key)).sort()).toEqual(['file', 'link']);
    expect(statSync(join(folder.volumes, key, 'file')).mtimeMs).toBe(1_000_000_000);
  });

  test('two concurrent starts leave one complete copy', async () => {
    const { project, folder } = makeOldState(ALL);
    expect((await Promise.all([moveOldState(project, folder), moveOldState(project, folder)])).flat()).toEqual([]);
    expect(readdirSync(folder.logs)).toEqual(['abc123']);
    expect(readFileSync(join(folder.logs, 'abc123', '1.log'), 'utf8')).toBe('line');
  });

  test.each([
    ['is too large', (path: string) => truncateSync(path, MAX_COPIED_BYTES + 1)],
    ['belongs to a container’s user', (path: string) => chownSync(path, 4711, 4711)],
  ])('a folder that %s stays complete in its place and is reported; the rest is moved', async (name, change) => {
    // Only root can change the owner of files.
    if (name.startsWith('belongs') && process.getuid?.() !== 0) return;
    const { project, old, folder } = makeOldState(ALL);
    const key = join(old.volumes, `default-${HASH}`, `doc-1-${HASH}`);
    change(join(key, 'file'));
    const [remark, ...more] = await moveOldState(project, folder);
    expect(more).toEqual([]);
    expect(remark).toContain(key);
    expect(readdirSync(key)).toEqual(['file']);
    expect(readdirSync(join(folder.volumes, `default-${HASH}`))).toEqual([`doc-2-${HASH}`]);
    expect(readdirSync(folder.logs)).toEqual(['abc123']);
  });
});
