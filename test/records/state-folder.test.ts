import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { createStateFolder, restoreStateFolder, stateFolderOf } from '../../src/records/state-folder.js';
import { makeTempFolder } from '../support/project.js';
import { useStateHome } from '../support/state-home.js';

let home = '';
beforeEach(() => {
  home = makeTempFolder();
  useStateHome(home);
});

test('the path of the state is found without disk access: in the user’s folder, by the project’s name', () => {
  const project = makeTempFolder();
  const { root, servers, logs, volumes } = stateFolderOf(project);
  expect(root).toMatch(new RegExp(`^${home}/jamdev/projects/${basename(project)}-[0-9a-f]{12}$`));
  expect([servers, logs, volumes]).toEqual(['servers', 'logs', 'volumes'].map((name) => join(root, name)));
  expect(readdirSync(home)).toEqual([]);
  expect(readdirSync(project)).toEqual([]);
});

test('the state folder is created for this user only and idempotently, and the project is unchanged', () => {
  const project = makeTempFolder();
  const planned = stateFolderOf(project);
  const folder = createStateFolder(project);
  expect(folder).toMatchObject(planned);
  expect(stateFolderOf(project)).toEqual(planned);
  for (const path of [folder.root, folder.servers, folder.logs]) expect(statSync(path).mode & 0o777).toBe(0o700);
  writeFileSync(join(folder.logs, 'kept'), 'x');
  expect(createStateFolder(project)).toEqual(folder);
  expect(readFileSync(join(folder.logs, 'kept'), 'utf8')).toBe('x');
  expect(readdirSync(project)).toEqual([]);
});

describe('projects and their state', () => {
  test('projects with the same name have separate state', () => {
    const parent = makeTempFolder();
    const [a, b] = ['a', 'b'].map((name) => join(parent, name, 'app')) as [string, string];
    for (const path of [a, b]) mkdirSync(path, { recursive: true });
    expect(createStateFolder(a).root).not.toBe(createStateFolder(b).root);
    expect(createStateFolder(a).project.id).not.toBe(createStateFolder(b).project.id);
  });

  test('project names that are not valid file names work', () => {
    const parent = makeTempFolder();
    const names = ['a b', 'Äpfel', '…', `${'long'.repeat(60)}`, 'a\nb', '.hidden'];
    const roots = names.map((name) => {
      mkdirSync(join(parent, name));
      return createStateFolder(join(parent, name)).root;
    });
    expect(new Set(roots).size).toBe(names.length);
    for (const root of roots) expect(basename(root)).toMatch(/^[\w-]{1,53}$/);
  });

  test('a project reached through links has the same state', () => {
    const project = makeTempFolder();
    const link = join(makeTempFolder(), 'link');
    symlinkSync(project, link);
    const folder = createStateFolder(project);
    expect(createStateFolder(link)).toEqual(folder);
    expect(stateFolderOf(link).root).toBe(folder.root);
  });

  test('a renamed project keeps its state, and one that takes its old name gets another', () => {
    const parent = makeTempFolder();
    const [old, renamed] = [join(parent, 'old'), join(parent, 'renamed')];
    mkdirSync(old);
    const folder = createStateFolder(old);
    renameSync(old, renamed);
    expect(stateFolderOf(renamed).root).toBe(folder.root);
    const found = createStateFolder(renamed);
    expect(found).toMatchObject({ root: folder.root, project: { id: folder.project.id, path: renamed } });
    mkdirSync(old);
    const next = createStateFolder(old);
    expect(next.root).toBe(`${folder.root}-2`);
    expect(createStateFolder(old)).toEqual(next);
    expect(createStateFolder(renamed)).toEqual(found);
  });

  test('a copy of a project, and a new one with the same inode, start without state', () => {
    const parent = makeTempFolder();
    const [original, copy] = [join(parent, 'original'), join(parent, 'copy')];
    mkdirSync(original);
    const folder = createStateFolder(original);
    cpSync(original, copy, { recursive: true });
    expect(createStateFolder(copy).root).not.toBe(folder.root);
    // Most file systems reuse the inode number of a deleted folder.
    for (let round = 0; round < 20; round += 1) {
      rmSync(copy, { recursive: true });
      mkdirSync(join(parent, `next-${round}`));
      expect(stateFolderOf(join(parent, `next-${round}`)).root).toContain(`next-${round}`);
      mkdirSync(copy);
    }
  });

  test('a project that was deleted and cloned again keeps its state', () => {
    const project = join(makeTempFolder(), 'app');
    mkdirSync(project);
    const { root } = createStateFolder(project);
    rmSync(project, { recursive: true });
    expect(stateFolderOf(project).root).toBe(root);
    mkdirSync(project);
    expect(createStateFolder(project).root).toBe(root);
  });

  test('a torn note is written again', () => {
    const project = makeTempFolder();
    const { root } = createStateFolder(project);
    writeFileSync(join(root, 'project.json'), '{"path": ');
    expect(stateFolderOf(project).root).toBe(root);
    const again = createStateFolder(project);
    expect(createStateFolder(project)).toEqual(again);
  });
});

test('a deleted state folder is created again for the same project', () => {
  const project = makeTempFolder();
  const folder = createStateFolder(project);
  rmSync(join(home, 'jamdev'), { recursive: true });
  restoreStateFolder(folder);
  expect(createStateFolder(project)).toEqual(folder);
});

test.each([
  ['the records', 'servers'],
  ['the logs', 'logs'],
])('a file or a link in place of %s is an error with the folder and the reason', (_what, name) => {
  const project = makeTempFolder();
  const path = join(createStateFolder(project).root, name);
  rmSync(path, { recursive: true });
  writeFileSync(path, '');
  const create = () => createStateFolder(project);
  expect(create).toThrow(
    expect.objectContaining({ code: 'StateFolderUnusable', message: expect.stringContaining(path) }),
  );
  rmSync(path);
  const target = makeTempFolder();
  symlinkSync(target, path);
  expect(create).toThrow(
    expect.objectContaining({ code: 'StateFolderUnsafe', message: expect.stringContaining(path) }),
  );
  expect(existsSync(join(target, 'project.json'))).toBe(false);
});

test('a missing project has no state', () => {
  expect(() => createStateFolder('/no/such/project')).toThrow(/no\/such\/project/);
});
