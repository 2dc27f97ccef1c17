import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { resolveConfig } from '../../src/config/resolve.js';
import type { JamdevError } from '../../src/contract/errors/jamdev-error.js';
import { makeProject } from '../support/project.js';

const FILE = 'jamsocket.config.json';

test('without flags and config file, the start script runs with the defaults', async () => {
  const folder = makeProject({ 'package.json': { scripts: { start: 'node server.js' } } });
  expect(await resolveConfig({ folder })).toEqual({
    project: folder,
    configFile: undefined,
    services: [
      {
        runtime: 'process',
        name: 'default',
        command: 'node server.js',
        commandEnv: expect.objectContaining({ npm_lifecycle_event: 'start' }),
        build: undefined,
        cwd: folder,
        env: {},
        envFiles: [{ path: join(folder, '.env'), named: false }],
        remap8080: true,
        watch: [folder],
        root: folder,
        ignore: [],
        poll: undefined,
        onChange: 'restart',
        useStaticToken: false,
        maxIdleSeconds: undefined,
        lifetimeLimitSeconds: undefined,
        gracePeriodSeconds: undefined,
        warmPool: 0,
        rewriteRedirects: false,
        foundIn: 'the start script of package.json',
      },
    ],
    port: 8080,
    proxyPort: 9090,
    defaultPorts: { port: true, proxyPort: true },
    host: undefined,
    allowedHosts: [],
    publicUrl: {},
    remote: {},
    interactive: true,
    styleLogOutput: true,
  });
});

test('flags take precedence over the config file, which takes precedence over the defaults', async () => {
  const folder = makeProject({
    [FILE]: {
      command: 'from file',
      build: 'build from file',
      env: { A: 'file', B: 'file' },
      port: 1001,
      proxyPort: 1002,
      host: '0.0.0.0',
      allowedHosts: ['box.lan'],
      interactive: false,
      styleLogOutput: false,
      remap8080: false,
    },
  });
  const fromFile = await resolveConfig({ folder });
  expect(fromFile).toMatchObject({
    port: 1001,
    proxyPort: 1002,
    host: '0.0.0.0',
    allowedHosts: ['box.lan'],
    interactive: false,
    styleLogOutput: false,
    services: [
      {
        command: 'from file',
        build: 'build from file',
        env: { A: 'file', B: 'file' },
        remap8080: false,
        foundIn: FILE,
      },
    ],
  });
  const fromFlags = await resolveConfig({
    folder,
    command: 'from flag',
    build: 'build from flag',
    env: { B: 'flag', C: 'flag' },
    port: 0,
    proxyPort: 2002,
    host: '127.0.0.1',
    interactive: true,
    styleLogOutput: true,
    remap8080: true,
  });
  expect(fromFlags).toMatchObject({
    port: 0,
    proxyPort: 2002,
    host: '127.0.0.1',
    allowedHosts: ['box.lan'],
    interactive: true,
    styleLogOutput: true,
    services: [
      {
        command: 'from flag',
        build: 'build from flag',
        env: { A: 'file', B: 'flag', C: 'flag' },
        remap8080: true,
        foundIn: 'the option --command',
      },
    ],
  });
});

test('links in the path of the project are resolved', async () => {
  const parent = makeProject();
  mkdirSync(join(parent, 'real'));
  symlinkSync(join(parent, 'real'), join(parent, 'link'));
  const { project, services } = await resolveConfig({ folder: join(parent, 'link'), command: 'x' });
  expect(project).toBe(join(parent, 'real'));
  expect(services[0]).toMatchObject({ cwd: join(parent, 'real') });
});

test('a missing folder is an error', async () => {
  const folder = join(makeProject(), 'nope');
  await expect(resolveConfig({ folder })).rejects.toMatchObject({
    code: 'NothingToRun',
    message: `There is no folder ${folder}.`,
  });
});

test('a config file named by a flag is used wherever it is', async () => {
  const folder = makeProject({ 'package.json': { scripts: { start: 'x' } } });
  const config = join(makeProject({ 'my.json': { port: 77 } }), 'my.json');
  expect((await resolveConfig({ folder, config })).port).toBe(77);
});

describe('what to run', () => {
  test.each<[string, Record<string, object | string>, object, string, string | undefined]>([
    ['the flag rather than the file', { [FILE]: { command: 'file' } }, { command: 'flag' }, 'flag', undefined],
    [
      'the file rather than package.json',
      { [FILE]: { command: 'file' }, 'package.json': { scripts: { start: 'start', prestart: 'pre' } } },
      {},
      'file',
      undefined,
    ],
    [
      'the start script, with prestart as its build',
      { 'package.json': { scripts: { start: 'start', prestart: 'pre' } } },
      {},
      'start',
      'pre',
    ],
    [
      'the start script, with the file’s build instead of prestart',
      { [FILE]: { build: 'file build' }, 'package.json': { scripts: { start: 'start', prestart: 'pre' } } },
      {},
      'start',
      'file build',
    ],
    [
      'the start script, with the flag’s build first of all',
      { [FILE]: { build: 'file build' }, 'package.json': { scripts: { start: 'start', prestart: 'pre' } } },
      { build: 'flag build' },
      'start',
      'flag build',
    ],
    [
      'the start script, despite a Dockerfile, with child processes requested',
      { Dockerfile: '', 'package.json': { scripts: { start: 'start' } } },
      { runtime: 'process' },
      'start',
      undefined,
    ],
    [
      'the config’s command, despite a Dockerfile',
      { [FILE]: { command: 'file' }, Dockerfile: '' },
      {},
      'file',
      undefined,
    ],
    ['the flag, even if a Dockerfile is named by flag', {}, { command: 'flag', dockerfile: 'D' }, 'flag', undefined],
  ])('is %s', async (_what, files, flags, command, build) => {
    const { services } = await resolveConfig({ folder: makeProject(files), ...flags });
    expect(services).toMatchObject([{ command, build }]);
  });

  test.each<[string, Record<string, object | string>]>([
    ['there is nothing to run', {}],
    ['package.json has no scripts', { 'package.json': {} }],
    ['the start script is empty', { 'package.json': { scripts: { start: ' ' } } }],
    ['the start script is not a string', { 'package.json': { scripts: { start: 5 } } }],
    ['there is only a build', { [FILE]: { build: 'x' } }],
  ])('is an error when %s, with advice on how to name a command', async (_what, files) => {
    const folder = makeProject(files);
    await expect(resolveConfig({ folder })).rejects.toMatchObject({
      code: 'NothingToRun',
      message: `There is nothing to run in ${folder}.`,
      remedy: expect.stringContaining('jamdev dev --command "node server.js"'),
    });
  });

  test.each<[string, Record<string, object | string>, object]>([
    ['the config names a Dockerfile', { [FILE]: { dockerfile: 'D' } }, { runtime: 'process' }],
    ['there is a Dockerfile', { Dockerfile: '' }, { runtime: 'process' }],
    ['the config requests it', { Dockerfile: '', [FILE]: { runtime: 'process' } }, {}],
  ])('is an error for a child process when %s, without advice to name a Dockerfile', async (_what, files, flags) => {
    const folder = makeProject(files);
    const error: JamdevError = await resolveConfig({ folder, ...flags }).catch((reason) => reason);
    expect(error).toMatchObject({
      code: 'NothingToRun',
      message: `There is no command in ${folder} to run as a child process.`,
      remedy: expect.stringContaining('jamdev dev --command "node server.js"'),
    });
    expect(error.remedy).not.toContain('Dockerfile');
  });

  test.each<[string, Record<string, object | string>, object, string]>([
    ['by the file', { [FILE]: { dockerfile: 'deep/Dockerfile' } }, {}, 'deep/Dockerfile'],
    ['by its presence', { Dockerfile: 'FROM x' }, {}, 'Dockerfile'],
    [
      'by its presence, before a command',
      { Dockerfile: '', [FILE]: { command: 'x', runtime: 'docker' } },
      {},
      'Dockerfile',
    ],
    ['by the file, with a command next to it', { [FILE]: { dockerfile: 'D', command: 'x' } }, {}, 'D'],
    ['with the runtime', { Dockerfile: '', [FILE]: { command: 'x', dockerfile: 'D', runtime: 'docker' } }, {}, 'D'],
  ])('is a Dockerfile named %s', async (_what, files, flags, dockerfile) => {
    const folder = makeProject(files);
    const { services } = await resolveConfig({ folder, ...flags });
    expect(services).toMatchObject([
      {
        runtime: 'docker',
        dockerfile: join(folder, dockerfile),
        context: folder,
        platform: 'linux/amd64',
        watch: [folder],
      },
    ]);
  });

  test('is a Dockerfile given by flag, relative to the current folder, with the options that go with it', async () => {
    const folder = makeProject({
      [FILE]: { dockerOptions: { path: 'app', network: 'net', buildArgs: { A: '1' }, target: 't' } },
    });
    const { services } = await resolveConfig({ folder, dockerfile: '/there/Dockerfile', platform: 'native' });
    expect(services).toMatchObject([
      {
        dockerfile: '/there/Dockerfile',
        context: join(folder, 'app'),
        network: 'net',
        buildArgs: { A: '1' },
        target: 't',
        platform: undefined,
        watch: [join(folder, 'app')],
      },
    ]);
  });

  test('falls back on the start script if no engine answers, unless Docker or a Dockerfile was named', async () => {
    const folder = makeProject({ Dockerfile: '', 'package.json': { scripts: { start: 'start' } } });
    expect((await resolveConfig({ folder })).services).toMatchObject([
      { runtime: 'docker', fallback: { runtime: 'process', command: 'start' } },
    ]);
    expect((await resolveConfig({ folder, runtime: 'docker' })).services).toMatchObject([{ fallback: undefined }]);
    const dockerfile = join(folder, 'Dockerfile');
    expect((await resolveConfig({ folder, dockerfile })).services).toMatchObject([{ fallback: undefined }]);
    writeFileSync(join(folder, FILE), JSON.stringify({ dockerfile: './Dockerfile', command: 'node server.js' }));
    expect((await resolveConfig({ folder })).services).toMatchObject([{ fallback: undefined }]);
  });

  test('is an error when Docker is requested without a Dockerfile', async () => {
    const folder = makeProject({ [FILE]: { command: 'x' } });
    await expect(resolveConfig({ folder, runtime: 'docker' })).rejects.toMatchObject({
      message: `There is no Dockerfile in ${folder}.`,
    });
  });

  test.each([
    [{ watch: 'src' }, {}, ['src']],
    [{ watch: ['a', 'b'] }, {}, ['a', 'b']],
    [{ watch: false }, {}, []],
    [{ watch: ['a'] }, { watch: false }, []],
  ])('watches what the config %j and the flags %j say', async (config, flags, expected) => {
    const folder = makeProject({ [FILE]: { command: 'x', ...config } });
    const { services } = await resolveConfig({ folder, ...flags });
    expect(services[0].watch).toEqual(expected.map((path) => join(folder, path)));
  });
});

describe('the resolved config', () => {
  test.each([
    ['PORT', { env: { PORT: '1' } }, {}],
    ['SESSION_BACKEND_KEY', {}, { env: { SESSION_BACKEND_KEY: '1' } }],
  ])('the platform’s own variable %s in env is refused', async (name, file, flags) => {
    const folder = makeProject({ [FILE]: { command: 'x', ...file } });
    await expect(resolveConfig({ folder, ...flags })).rejects.toMatchObject({
      code: 'ReservedEnv',
      message: expect.stringContaining(`"${name}"`),
    });
  });

  test.each([
    ['both named', { port: 7000, proxyPort: 7000 }, 7000],
    ['the API’s equal to the proxy’s default', { port: 9090 }, 9090],
    ['the proxy’s equal to the API’s default', { proxyPort: 8080 }, 8080],
  ])('one port for API and proxy is refused: %s', async (_what, flags, port) => {
    await expect(resolveConfig({ folder: makeProject(), command: 'x', ...flags })).rejects.toMatchObject({
      code: 'Usage',
      message: expect.stringContaining(`port ${port}`),
    });
  });

  test('any free port for both is accepted', async () => {
    const config = await resolveConfig({ folder: makeProject(), command: 'x', port: 0, proxyPort: 0 });
    expect(config).toMatchObject({ port: 0, proxyPort: 0 });
  });

  test.each([
    [undefined, undefined, false],
    [undefined, true, true],
    [true, undefined, true],
    [true, false, true],
    [false, true, false],
  ])('static tokens: the flag %s and %s in the file result in %s', async (flag, inFile, expected) => {
    const folder = makeProject({
      [FILE]: { command: 'x', ...(inFile === undefined ? {} : { useStaticToken: inFile }) },
    });
    const { services } = await resolveConfig({ folder, useStaticToken: flag });
    expect(services[0].useStaticToken).toBe(expected);
  });
});

test.each([
  [{ ignore: '*.log' }, {}, ['*.log'], undefined],
  [{ ignore: ['a', '!b'], poll: true }, { ignore: ['c'] }, ['a', '!b', 'c'], true],
  [{ poll: false }, { ignore: ['c'] }, ['c'], false],
])('ignores what the config %j and the flags %j say, in that order', async (config, flags, ignore, poll) => {
  const folder = makeProject({ 'jamdev.config.json': { command: 'node server.js', ...config } });
  const { services } = await resolveConfig({ folder, ...flags });
  expect(services[0]).toMatchObject({ ignore, poll });
});

test('common ignore patterns come before those of a service', async () => {
  const services = { a: { command: 'x', ignore: ['!*.log'] }, b: { command: 'y', poll: false } };
  const folder = makeProject({ 'jamdev.config.json': { ignore: '*.log', poll: true, services } });
  const [first, second] = (await resolveConfig({ folder })).services;
  expect(first).toMatchObject({ ignore: ['*.log', '!*.log'], poll: true });
  expect(second).toMatchObject({ ignore: ['*.log'], poll: false });
});
