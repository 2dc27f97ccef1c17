import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { resolveConfig } from '../../src/config/resolve.js';
import { makeProject } from '../support/project.js';

const FILE = 'jamsocket.config.json';

describe('several services', () => {
  test('keep the order of the file, each with its own settings and the common ones', async () => {
    const folder = makeProject({
      [FILE]: {
        env: { SHARED: 'all', WHO: 'all' },
        onChange: 'restart',
        runtime: 'process',
        services: {
          zebra: { command: 'run zebra', env: { WHO: 'zebra' }, watch: 'zebra' },
          chat: { folder: 'chat', build: 'make chat', onChange: 'keep', watch: false },
        },
      },
      'chat/package.json': { scripts: { start: 'run chat' } },
    });
    const { services } = await resolveConfig({ folder });
    expect(services).toMatchObject([
      {
        name: 'zebra',
        command: 'run zebra',
        cwd: folder,
        env: { SHARED: 'all', WHO: 'zebra' },
        onChange: 'restart',
        watch: [join(folder, 'zebra')],
        foundIn: FILE,
      },
      {
        name: 'chat',
        command: 'run chat',
        build: 'make chat',
        cwd: join(folder, 'chat'),
        env: { SHARED: 'all', WHO: 'all' },
        onChange: 'keep',
        watch: [],
        foundIn: 'the start script of package.json',
      },
    ]);
  });

  test('can have Dockerfiles and folders of their own', async () => {
    const folder = makeProject({
      [FILE]: {
        platform: 'native',
        services: {
          doc: { folder: 'doc', dockerOptions: { target: 'production' } },
          chat: { dockerfile: 'chat.Dockerfile', platform: 'linux/arm64' },
        },
      },
      'doc/Dockerfile': 'FROM x',
    });
    const { services } = await resolveConfig({ folder });
    expect(services).toMatchObject([
      {
        name: 'doc',
        dockerfile: join(folder, 'doc', 'Dockerfile'),
        context: join(folder, 'doc'),
        target: 'production',
        platform: undefined,
      },
      { name: 'chat', dockerfile: join(folder, 'chat.Dockerfile'), context: folder, platform: 'linux/arm64' },
    ]);
  });

  test('inherit common settings unless they override them', async () => {
    const common = {
      build: 'make',
      watch: 'shared',
      useStaticToken: true,
      maxIdleSeconds: 60,
      lifetimeLimitSeconds: 3600,
      gracePeriodSeconds: 30,
      rewriteRedirects: true,
      warm: 3,
    };
    const own = {
      build: 'make b',
      watch: false,
      useStaticToken: false,
      maxIdleSeconds: 1,
      lifetimeLimitSeconds: 2,
      gracePeriodSeconds: 3,
      rewriteRedirects: false,
      warm: 0,
    };
    const services = { a: { command: 'a' }, b: { command: 'b', ...own } };
    const folder = makeProject({ [FILE]: { ...common, services } });
    expect((await resolveConfig({ folder })).services).toMatchObject([
      { ...common, watch: [join(folder, 'shared')] },
      { ...own, watch: [] },
    ]);
    const byFlag = await resolveConfig({ folder, useStaticToken: true });
    expect(byFlag.services.map(({ useStaticToken }) => useStaticToken)).toEqual([true, true]);
  });

  const SECONDS = ['maxIdleSeconds', 'lifetimeLimitSeconds', 'gracePeriodSeconds'];
  test.each(SECONDS)('%s is a whole number of seconds, at least 1', async (key) => {
    for (const value of [0, -1, 1.5, '60', null]) {
      const folder = makeProject({ [FILE]: { command: 'x', [key]: value } });
      await expect(resolveConfig({ folder })).rejects.toMatchObject({ code: 'ConfigInvalid' });
    }
  });

  test('accept the flags that make sense for all of them', async () => {
    const folder = makeProject({ [FILE]: { services: { a: { command: 'a' }, b: { command: 'b' } } } });
    const { services } = await resolveConfig({ folder, env: { X: '1' }, watch: false, onChange: 'keep' });
    expect(services).toMatchObject([
      { env: { X: '1' }, watch: [], onChange: 'keep' },
      { env: { X: '1' }, watch: [], onChange: 'keep' },
    ]);
  });

  test.each<[object, string]>([
    [{ command: 'x' }, '--command'],
    [{ build: 'x' }, '--build'],
    [{ dockerfile: 'x' }, '--dockerfile'],
    [{ context: 'x' }, '--context'],
    [{ watch: ['x'] }, '--watch'],
  ])('refuse the flag %j, which does not say for which service it is meant', async (flags, name) => {
    const folder = makeProject({ [FILE]: { services: { a: { command: 'a' }, b: { command: 'b' } } } });
    await expect(resolveConfig({ folder, ...flags })).rejects.toMatchObject({
      code: 'Usage',
      message: `${name} works only in a project with one service; this project has a, b.`,
    });
  });

  test('a single service accepts every flag', async () => {
    const folder = makeProject({ [FILE]: { services: { a: { command: 'a' } } } });
    expect((await resolveConfig({ folder, command: 'flag' })).services).toMatchObject([{ name: 'a', command: 'flag' }]);
  });

  test.each(['command', 'dockerfile', 'dockerOptions'])('%j is refused next to "services"', async (key) => {
    const value = key === 'dockerOptions' ? {} : 'x';
    const folder = makeProject({ [FILE]: { services: { a: { command: 'a' } }, [key]: value } });
    await expect(resolveConfig({ folder })).rejects.toMatchObject({
      code: 'ConfigInvalid',
      message: `In ${FILE}, "${key}" is set next to "services".`,
    });
  });

  test.each(['', 'A', '1a', '-', 'a b', 'a_b', '__proto__', 'a'.repeat(64)])('can’t have the name %j', async (name) => {
    const text = `{"services":{${JSON.stringify(name)}:{"command":"x"}}}`;
    await expect(resolveConfig({ folder: makeProject({ [FILE]: text }) })).rejects.toMatchObject({
      code: 'ConfigInvalid',
    });
  });

  test('cannot be an empty list', async () => {
    await expect(resolveConfig({ folder: makeProject({ [FILE]: { services: {} } }) })).rejects.toMatchObject({
      message: `In ${FILE}, "services" is empty.`,
    });
  });

  test('with nothing to run are reported by their folder', async () => {
    const folder = makeProject({ [FILE]: { services: { a: { folder: 'a' } } } });
    await expect(resolveConfig({ folder })).rejects.toMatchObject({ message: `There is no folder ${folder}/a.` });
    mkdirSync(join(folder, 'a'));
    await expect(resolveConfig({ folder })).rejects.toMatchObject({
      message: `There is nothing to run in ${folder}/a.`,
    });
  });

  test('report a misspelled key in one of them', async () => {
    const folder = makeProject({ [FILE]: { services: { a: { comand: 'x' } } } });
    await expect(resolveConfig({ folder })).rejects.toMatchObject({
      message: `${FILE} has an unknown key "services.a.comand". Did you mean "command"?`,
    });
  });
});
