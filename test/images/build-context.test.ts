import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { openBuildContext } from '../../src/images/build-context.js';
import { createStateFolder } from '../../src/records/state-folder.js';
import { makeProject, makeTempFolder } from '../support/project.js';
import { useStateHome } from '../support/state-home.js';

const FILES = {
  Dockerfile: 'FROM scratch',
  '.dockerignore': '!.jamdev',
  'src/server.js': 'code',
  'packages/app/.jamdev/notes': 'no state of this project',
};
const OLD = { '.jamdev/volumes/s-0123456789ab/k-0123456789ab/secret': 'secret', '.jamdev/logs/abc/1.log': 'secret' };

beforeEach(() => useStateHome(makeTempFolder()));

function list(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

test('a project without state in it is sent as it is', async () => {
  const project = makeProject(FILES);
  createStateFolder(project);
  const request = { context: project, dockerfile: join(project, 'Dockerfile') };
  expect(await openBuildContext(request, project)).toMatchObject({ folder: project, dockerfile: request.dockerfile });
});

describe('state that lies in the context', () => {
  test('of an earlier version is left out, whatever the ignore file says; all else is as it was', async () => {
    const project = makeProject({ ...FILES, ...OLD });
    chmodSync(join(project, 'src'), 0o750);
    chmodSync(join(project, 'src/server.js'), 0o755);
    symlinkSync('src/server.js', join(project, 'link'));
    symlinkSync('nowhere', join(project, 'dangling'));
    const before = list(project);
    const context = await openBuildContext({ context: project, dockerfile: join(project, 'Dockerfile') }, project);
    expect(list(context.folder)).toEqual(before.filter((path) => !/^\.jamdev(\/|$)/.test(path)));
    expect(context.dockerfile).toBe(join(context.folder, 'Dockerfile'));
    expect(readFileSync(join(context.folder, 'link'), 'utf8')).toBe('code');
    expect(statSync(join(context.folder, 'src')).mode & 0o777).toBe(0o750);
    expect(statSync(join(context.folder, 'src/server.js')).mode & 0o777).toBe(0o755);
    await context.dispose();
    expect(list(project)).toEqual(before);
  });

  test('of all projects is left out of a home that is itself a project', async () => {
    const home = makeProject(FILES);
    useStateHome(join(home, '.local/state'));
    createStateFolder(home);
    const context = await openBuildContext({ context: home, dockerfile: join(home, 'Dockerfile') }, home);
    expect(list(context.folder).filter((path) => path.startsWith('.local/'))).toEqual(['.local/state']);
    await context.dispose();
  });

  test('of a context above the project; a Dockerfile elsewhere stays where it is', async () => {
    const parent = makeTempFolder();
    const project = join(parent, 'app');
    for (const [name, text] of Object.entries({ ...FILES, ...OLD })) {
      mkdirSync(join(project, name, '..'), { recursive: true });
      writeFileSync(join(project, name), text);
    }
    const dockerfile = join(makeProject({ Dockerfile: 'FROM scratch' }), 'Dockerfile');
    const context = await openBuildContext({ context: parent, dockerfile }, project);
    expect(context.dockerfile).toBe(dockerfile);
    expect(readdirSync(join(context.folder, 'app')).sort()).toEqual(['.dockerignore', 'Dockerfile', 'packages', 'src']);
    await context.dispose();
  });

  test('that is a link is sent as a link, with nothing behind it', async () => {
    const project = makeProject(FILES);
    symlinkSync(makeProject(OLD), join(project, '.jamdev'));
    const { folder } = await openBuildContext({ context: project, dockerfile: join(project, 'Dockerfile') }, project);
    expect(folder).toBe(project);
  });

  test('a folder whose name begins the same is not taken for it', async () => {
    const project = makeProject({ ...FILES, ...OLD });
    const other = `${project}-2`;
    mkdirSync(other);
    try {
      expect((await openBuildContext({ context: other, dockerfile: join(other, 'D') }, project)).folder).toBe(other);
    } finally {
      rmSync(other, { recursive: true });
    }
  });
});
