import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { npmScriptEnvironment } from '../../src/config/npm-script.js';
import { findStartScript } from '../../src/config/start-script.js';
import { startServer } from '../support/dev-server.js';
import { send } from '../support/http.js';
import { makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';

/** Variables that npm sets for the script itself, not from its own configuration. */
const OF_SCRIPT =
  /^(npm_package_|npm_lifecycle_|npm_command$|npm_config_(user_agent|local_prefix)$|INIT_CWD$|npm_execpath$)/;
const SHOW = `console.log(JSON.stringify(process.env))`;

/** This environment without the variables that the npm running the tests has set. */
function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_|^INIT_CWD$/.test(name)));
}

function ofScript(env: NodeJS.ProcessEnv): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => OF_SCRIPT.test(name)));
}

/** The variables that the real npm gives a script, run by this Node.js. */
async function askNpm(folder: string): Promise<Record<string, string | undefined>> {
  const script = { folder, event: 'start', script: '', manifest: {} };
  const { npm_execpath: npm = '' } = await npmScriptEnvironment(script, plainEnvironment());
  const options = { cwd: folder, env: plainEnvironment(), encoding: 'utf8' } as const;
  const output = execFileSync(process.execPath, [npm, 'start', '--silent'], options);
  return ofScript(JSON.parse(output.trim().split('\n').at(-1) ?? ''));
}

describe('the start script gets npm’s variables', () => {
  test.each<[string, object]>([
    ['few fields', { scripts: { start: 'node show.js' } }],
    [
      'all fields that npm passes on',
      {
        name: '@me/my-app',
        version: '1.2.3',
        description: 'not passed on',
        config: { port: '8080', deep: { list: ['a', 'b'], off: false, none: null, zero: 0 } },
        engines: { node: '>=18' },
        bin: { one: 'one.js', two: 'two.js' },
        scripts: { start: 'node show.js' },
      },
    ],
    ['a single program', { name: '@me/app', bin: 'one.js', scripts: { start: 'node show.js' } }],
    [
      'names that the shell drops',
      { name: '@me/my-app', bin: 'one.js', config: { 'a-b': '1' }, scripts: { start: 'node show.js' } },
    ],
  ])('as the real npm sets them: %s', async (_what, manifest) => {
    const folder = makeProject({ 'package.json': manifest, 'show.js': SHOW });
    const start = await findStartScript(folder);
    const own = await npmScriptEnvironment(
      { folder, event: 'start', script: 'node show.js', manifest: { ...manifest } },
      plainEnvironment(),
    );
    expect(ofScript(own)).toEqual(await askNpm(folder));
    expect(start).toMatchObject({ command: 'node show.js', foundIn: 'the start script of package.json' });
  });

  test('without a start script, server.js is run as npm does', async () => {
    const folder = makeProject({ 'package.json': { name: 'app' }, 'server.js': SHOW });
    const { command, foundIn } = (await findStartScript(folder)) ?? {};
    expect({ command, foundIn }).toEqual({ command: 'node server.js', foundIn: 'server.js, as npm start does' });
    const own = { folder, event: 'start', script: 'node server.js', manifest: { name: 'app' } };
    expect(ofScript(await npmScriptEnvironment(own, plainEnvironment()))).toEqual(await askNpm(folder));
  });

  test('works without npm on the PATH and with a broken one', async () => {
    const folder = makeProject({ 'bin/npm': '#!/bin/sh\n' });
    for (const path of ['', '/nowhere', join(folder, 'bin')]) {
      const env = await npmScriptEnvironment({ folder, event: 'start', script: 'x', manifest: {} }, { PATH: path });
      expect(env.npm_config_user_agent).toBe(
        `npm/? node/${process.version} ${process.platform} ${process.arch} workspaces/false`,
      );
      expect(env).not.toHaveProperty('npm_execpath');
    }
  });

  test.each<[string, Record<string, object | string>]>([
    ['nothing', {}],
    ['a folder with that name', { 'server.js/x': '' }],
    ['another file', { 'index.js': '' }],
    ['an empty start script', { 'package.json': { scripts: { start: '  ' } } }],
    ['only a package.json', { 'package.json': { name: 'x' } }],
  ])('nothing is run with %s', async (_what, files) => {
    expect(await findStartScript(makeProject(files))).toBeUndefined();
  });
});

const SERVER = `
require('node:http').createServer((request, response) => response.end(JSON.stringify(process.env)))
  .listen(Number(process.env.PORT), () => console.log('up'));
`;

describe('a backend of a start script', () => {
  test('has npm’s variables, prefers its own, and inherits none from the start of jamdev', async () => {
    const folder = makeProject({
      'package.json': {
        name: 'app',
        version: '4.5.6',
        config: { color: 'red' },
        scripts: {
          prestart: 'node -e "fs.writeFileSync(\'pre\', process.env.npm_lifecycle_event)"',
          start: 'node server.js',
        },
      },
      'server.js': SERVER,
      'jamsocket.config.json': { env: { npm_package_version: 'mine' } },
    });
    process.env.npm_package_leftover = 'of the script that started jamdev';
    const server = await startServer({ folder, command: undefined });
    const { url } = await server.connect();
    const env = (await send(url)).json<Record<string, string>>();
    delete process.env.npm_package_leftover;
    expect(env).toMatchObject({
      npm_package_name: 'app',
      npm_package_version: 'mine',
      npm_package_config_color: 'red',
      npm_package_json: join(folder, 'package.json'),
      npm_lifecycle_event: 'start',
      npm_lifecycle_script: 'node server.js',
      // The one of the npm that runs the tests, if any.
      npm_config_user_agent: process.env.npm_config_user_agent ?? expect.stringContaining(`node/${process.version}`),
    });
    expect(env).not.toHaveProperty('npm_package_leftover');
    expect(readFileSync(join(folder, 'pre'), 'utf8')).toBe('prestart');
  });

  test.each([
    'PORT=8080 node server.js',
    'PORT=8080 npm run --silent again',
    'export PORT=8080; exec node server.js',
    'env PORT=8080 node server.js',
  ])('may set the production port itself: %s', async (start) => {
    const folder = makeProject({
      'package.json': { scripts: { start, again: 'node server.js' } },
      'server.js': SERVER,
    });
    const server = await startServer({ folder, command: undefined });
    const { url, backend_id } = await server.connect();
    expect((await send(url)).json()).toMatchObject({ PORT: '8080', SESSION_BACKEND_ID: backend_id });
  });

  test('is found without a package.json too', async () => {
    const server = await startServer({ folder: makeProject({ 'server.js': SERVER }), command: undefined });
    const { url } = await server.connect();
    await waitFor(async () => (await send(url)).status === 200, 'an answer');
  });
});
