import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseConfig, readConfigFile, readManifest, scriptsOf } from '../../src/config/config-file.js';
import { makeProject } from '../support/project.js';

describe('the text of a config file', () => {
  test('with every known key is returned unchanged', async () => {
    const config = {
      $schema: './schema.json',
      command: 'node server.js',
      build: 'npm run build',
      env: { A: '1' },
      remap8080: false,
      dockerfile: 'Dockerfile',
      dockerOptions: { path: '.', network: 'net' },
      watch: ['src', 'lib'],
      port: 8000,
      proxyPort: 9000,
      host: '0.0.0.0',
      allowedHosts: ['box.lan'],
      interactive: false,
      useStaticToken: true,
      styleLogOutput: false,
    };
    expect(await parseConfig(JSON.stringify(config), 'file')).toEqual(config);
  });

  test('may be an empty object, and may start with a byte order mark', async () => {
    expect(await parseConfig('{}', 'file')).toEqual({});
    expect(await parseConfig('\uFEFF{"port": 1}', 'file')).toEqual({ port: 1 });
  });

  test.each([
    ['{\n  "port": 8080\n  "host": "x"\n}', 3, 3],
    ['{"port": }', 1, 10],
    ['', 1, 1],
    ['{\r\n  "port": 1,\r\n}', 3, 1],
    ['{\n\t// a note\n\t"port": 1\n}', 2, 2],
    ['\uFEFF{"port": }', 1, 10],
    ['\uFEFF{\n  "port": 1,\n  oops\n}', 3, 3],
  ])('that is not JSON names the place: %j', async (text, line, column) => {
    await expect(parseConfig(text, 'jamdev.config.json')).rejects.toMatchObject({
      code: 'ConfigInvalid',
      message: expect.stringContaining(`jamdev.config.json is not valid JSON at line ${line}, column ${column}: `),
    });
  });

  test.each([
    [{ prot: 1, port: 2 }, 'prot'],
    [{ frobnicate: 1 }, 'frobnicate'],
    [{ dockerOptions: { frobnicate: 'x' } }, 'dockerOptions.frobnicate'],
  ])('with an unknown key names it: %j', async (config, key) => {
    await expect(parseConfig(JSON.stringify(config), 'file')).rejects.toMatchObject({
      code: 'ConfigInvalid',
      message: expect.stringContaining(`file has an unknown key "${key}".`),
    });
  });

  test.each([
    [{ comand: 'x' }, 'comand', 'command'],
    [{ dockerFile: 'x' }, 'dockerFile', 'dockerfile'],
    [{ proxy_port: 1 }, 'proxy_port', 'proxyPort'],
    [{ dockerOptions: { pth: '.' } }, 'dockerOptions.pth', 'path'],
    [{ dockerOptions: { networks: 'x' } }, 'dockerOptions.networks', 'network'],
    [{ dockerOptions: { int: true } }, 'dockerOptions.int', 'init'],
    [{ publicUrl: { proxi: 'https://x.example' } }, 'publicUrl.proxi', 'proxy'],
    [{ services: { doc: { comand: 'x' } } }, 'services.doc.comand', 'command'],
    [{ services: { doc: { dockerOptions: { tarjet: 'x' } } } }, 'services.doc.dockerOptions.tarjet', 'target'],
  ])('with a mistyped key suggests the intended one: %j', async (config, key, suggestion) => {
    await expect(parseConfig(JSON.stringify(config), 'file')).rejects.toThrow(
      `file has an unknown key "${key}". Did you mean "${suggestion}"?`,
    );
  });

  test('does not suggest a top-level key inside dockerOptions', async () => {
    await expect(parseConfig('{"dockerOptions": {"port": 1}}', 'file')).rejects.toMatchObject({
      message: 'file has an unknown key "dockerOptions.port".',
    });
  });

  test.each([
    [{ port: '8080' }, '"port" must be a number, not "8080".'],
    [{ port: 1.5 }, '"port" must be a whole number, not 1.5.'],
    [{ port: -1 }, '"port" must be at least 0, not -1.'],
    [{ proxyPort: 65_536 }, '"proxyPort" must be at most 65535, not 65536.'],
    [{ command: ['node', 'server.js'] }, '"command" must be a string, not a list.'],
    [{ command: 'node\0server.js' }, '"command" must not contain a zero byte.'],
    [{ watch: ['.', 'a\0'] }, '"watch.1" must not contain a zero byte.'],
    [
      { services: { a: { command: 'node a.js', ignore: ['\0'] } } },
      '"services.a.ignore.0" must not contain a zero byte.',
    ],
    [{ services: { env: { command: 'node\0' } } }, '"services.env.command" must not contain a zero byte.'],
    [{ command: '' }, '"command" must be a non-empty string, not "".'],
    [{ env: { A: 1 } }, '"env.A" must be a string, not 1.'],
    [{ env: ['A=1'] }, '"env" must be an object, not a list.'],
    [{ watch: 5 }, '"watch" must be true or false or a string or a list, not 5.'],
    [{ watch: ['src', 5] }, '"watch.1" must be a string, not 5.'],
    [{ allowedHosts: 'box.lan' }, '"allowedHosts" must be a list, not "box.lan".'],
    [{ interactive: 'no' }, '"interactive" must be true or false, not "no".'],
    [{ dockerOptions: 'x' }, '"dockerOptions" must be an object, not "x".'],
    [{ host: null }, '"host" must be a string, not null.'],
  ])('with a wrong value names the expected and the actual type: %j', async (config, message) => {
    await expect(parseConfig(JSON.stringify(config), 'file')).rejects.toMatchObject({
      code: 'ConfigInvalid',
      message: `In file, ${message}`,
    });
  });

  test.each([
    ['[]', 'a list'],
    ['null', 'null'],
    ['"text"', 'a string'],
    ['5', 'a number'],
  ])('that is %s instead of an object says so', async (text, got) => {
    await expect(parseConfig(text, 'file')).rejects.toMatchObject({
      code: 'ConfigInvalid',
      message: `file must hold a JSON object, not ${got}.`,
    });
  });
});

describe('the config file of a project', () => {
  test('is optional', async () => {
    expect(await readConfigFile(makeProject())).toBeUndefined();
  });

  test.each(['jamsocket.config.json', 'jamdev.config.json'])('is found as %s', async (name) => {
    const project = makeProject({ [name]: { port: 1 } });
    expect(await readConfigFile(project)).toEqual({ path: join(project, name), config: { port: 1 } });
  });

  test('is not guessed when there are two', async () => {
    const project = makeProject({ 'jamsocket.config.json': {}, 'jamdev.config.json': {} });
    await expect(readConfigFile(project)).rejects.toMatchObject({
      code: 'ConfigInvalid',
      sentence: 'There are two config files: jamsocket.config.json and jamdev.config.json. Keep one of them.',
    });
  });

  test('named with --config takes precedence over those in the folder, and messages use its name', async () => {
    const project = makeProject({
      'jamsocket.config.json': {},
      'jamdev.config.json': {},
      'sub/other.json': '{"prt": 1}',
    });
    await expect(readConfigFile(project, join(project, 'sub/other.json'))).rejects.toThrow(
      'other.json has an unknown key "prt". Did you mean "port"?',
    );
  });

  test('named with --config must exist', async () => {
    const project = makeProject({ 'jamsocket.config.json': {} });
    await expect(readConfigFile(project, join(project, 'nope.json'))).rejects.toMatchObject({
      code: 'ConfigUnreadable',
      message: `There is no config file ${join(project, 'nope.json')}.`,
    });
  });

  test('that is a folder is refused with an error that says so', async () => {
    const project = makeProject();
    mkdirSync(join(project, 'jamsocket.config.json'));
    await expect(readConfigFile(project)).rejects.toMatchObject({
      code: 'ConfigUnreadable',
      message: `${join(project, 'jamsocket.config.json')} is a folder, not a regular file.`,
    });
  });
});

describe('the scripts of a project', () => {
  test.each<[string, Record<string, string>, object]>([
    ['no package.json', {}, {}],
    ['no scripts', { 'package.json': '{"name": "x"}' }, {}],
    ['scripts that are not an object', { 'package.json': '{"scripts": "x"}' }, {}],
    ['scripts: null', { 'package.json': '{"scripts": null}' }, {}],
    ['null', { 'package.json': 'null' }, {}],
    ['a byte order mark', { 'package.json': '\uFEFF{"scripts": {"start": "x"}}' }, { start: 'x' }],
    ['scripts', { 'package.json': '{"scripts": {"start": "x", "prestart": "y"}}' }, { start: 'x', prestart: 'y' }],
  ])('with %s are read', async (_what, files, scripts) => {
    expect(scriptsOf(await readManifest(makeProject(files)))).toEqual(scripts);
  });

  test('of an invalid package.json are an error that names the place', async () => {
    await expect(readManifest(makeProject({ 'package.json': '{\n  "scripts": {,}\n}' }))).rejects.toThrow(
      'package.json is not valid JSON at line 2, column 15: ',
    );
  });
});
