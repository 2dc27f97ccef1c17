import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { openBuildContext, removeDeadContexts } from '../../src/images/build-context.js';
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

const LIVING = '0a8e3f5c-0000-4000-8000-000000000001';
const DEAD = '0a8e3f5c-0000-4000-8000-000000000002';

function requestFor(context: string, dockerfile = join(context, 'Dockerfile'), runId = LIVING) {
  return { context, dockerfile, runId };
}

beforeEach(() => useStateHome(makeTempFolder()));

function list(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

test('a project without state in it is sent unchanged', async () => {
  const project = makeProject(FILES);
  createStateFolder(project);
  const request = requestFor(project);
  expect(await openBuildContext(request, project)).toMatchObject({ folder: project, dockerfile: request.dockerfile });
});

describe('state inside the context', () => {
  test('of an earlier version is left out, whatever the ignore file says, and nothing else changes', async () => {
    const project = makeProject({ ...FILES, ...OLD });
    chmodSync(join(project, 'src'), 0o750);
    chmodSync(join(project, 'src/server.js'), 0o755);
    symlinkSync('src/server.js', join(project, 'link'));
    symlinkSync('nowhere', join(project, 'dangling'));
    const before = list(project);
    const context = await openBuildContext(requestFor(project), project);
    expect(list(context.folder)).toEqual(before.filter((path) => !/^\.jamdev(\/|$)/.test(path)));
    expect(context.dockerfile).toBe(join(context.folder, 'Dockerfile'));
    expect(readFileSync(join(context.folder, 'link'), 'utf8')).toBe('code');
    expect(statSync(join(context.folder, 'src')).mode & 0o777).toBe(0o750);
    expect(statSync(join(context.folder, 'src/server.js')).mode & 0o777).toBe(0o755);
    await context.dispose();
    expect(list(project)).toEqual(before);
  });

  test('of all projects is left out of a home folder that is itself a project', async () => {
    const home = makeProject(FILES);
    useStateHome(join(home, '.local/state'));
    createStateFolder(home);
    const context = await openBuildContext(requestFor(home), home);
    expect(list(context.folder).filter((path) => path.startsWith('.local/'))).toEqual(['.local/state']);
    await context.dispose();
  });

  test("of all projects is left out by links in the run's folder, if the state is there", async () => {
    const home = makeProject(FILES);
    useStateHome(join(home, '.local/state'));
    const { root } = createStateFolder(home);
    const context = await openBuildContext({ ...requestFor(home), scratch: root }, home);
    expect(dirname(context.folder)).toBe(root);
    await context.dispose();
  });

  test('leaves no links of a killed run', async () => {
    const project = makeProject({ ...FILES, ...OLD });
    const before = list(project);
    const living = await openBuildContext(requestFor(project), project);
    await openBuildContext({ ...requestFor(project), runId: DEAD }, project);
    await removeDeadContexts(project, (runId) => runId === DEAD);
    expect(list(join(project, '.jamdev')).filter((path) => /^context-[^/]*$/.test(path))).toEqual([
      basename(living.folder),
    ]);
    await living.dispose();
    expect(list(project)).toEqual(before);
  });

  test('of a context above the project is left out, with the Dockerfile elsewhere', async () => {
    const parent = makeTempFolder();
    const project = join(parent, 'app');
    for (const [name, text] of Object.entries({ ...FILES, ...OLD })) {
      mkdirSync(join(project, name, '..'), { recursive: true });
      writeFileSync(join(project, name), text);
    }
    const dockerfile = join(makeProject({ Dockerfile: 'FROM scratch' }), 'Dockerfile');
    const context = await openBuildContext(requestFor(parent, dockerfile), project);
    expect(context.dockerfile).toBe(dockerfile);
    expect(readdirSync(join(context.folder, 'app')).sort()).toEqual(['.dockerignore', 'Dockerfile', 'packages', 'src']);
    await context.dispose();
  });

  test('that is a link is sent as a link without its target', async () => {
    const project = makeProject(FILES);
    symlinkSync(makeProject(OLD), join(project, '.jamdev'));
    const { folder } = await openBuildContext(requestFor(project), project);
    expect(folder).toBe(project);
  });

  test('is not confused with a folder whose name begins in the same way', async () => {
    const project = makeProject({ ...FILES, ...OLD });
    const other = `${project}-2`;
    mkdirSync(other);
    try {
      expect((await openBuildContext(requestFor(other), project)).folder).toBe(other);
    } finally {
      rmSync(other, { recursive: true });
    }
  });
});
