import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest';
import type { z } from 'zod';
import type { optionsSchema } from '../../src/config/check-options.js';
import type { buildsSchema, logRecordSchema } from '../../src/contract/dev-endpoints.js';
import type { connectResponseSchema } from '../../src/contract/responses.js';
import type { publicStatusSchema } from '../../src/contract/status.js';
import type {
  ConnectResponse,
  DevServer,
  DevServerEvent,
  LogSource,
  PublicStatus,
  ServiceBuild,
} from '../../src/index.js';
import * as api from '../../src/index.js';
import { send } from '../support/http.js';
import { makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';

const SERVER = `require('http').createServer((q, s) => s.end('first code')).listen(process.env.PORT)`;

async function start(options: api.DevServerOptions = {}, files: Record<string, string | object> = {}) {
  const folder = makeProject({ 'server.js': SERVER, ...files });
  const watch = Array.isArray(options.watch) ? options.watch.map((path) => join(folder, path)) : options.watch;
  const given = { folder, command: 'node server.js', port: 0, proxyPort: 0, ...options };
  const server = await api.startDevServer('watch' in options ? { ...given, watch } : given);
  onTestFinished(() => server.close(true));
  const events: DevServerEvent[] = [];
  server.subscribe((event) => events.push(event));
  return { folder, server, events };
}

async function ask(server: DevServer, key: string): Promise<string> {
  return (await fetch((await server.connect({ key })).url)).text();
}

const builds = (events: readonly DevServerEvent[]) => events.filter(({ event }) => event === 'build-started');

test('exports what it promises, and nothing else', async () => {
  expect(Object.keys(api).sort()).toEqual(['JamdevError', 'startDevServer']);
  const { server } = await start();
  expect(Object.keys(server).sort()).toEqual(
    [
      'apiUrl',
      'build',
      'close',
      'connect',
      'killNow',
      'project',
      'proxyUrl',
      'remarks',
      'stateFolder',
      'subscribe',
    ].sort(),
  );
});

test('has the types of the wire format', () => {
  expectTypeOf<z.output<typeof connectResponseSchema>>().toEqualTypeOf<ConnectResponse>();
  expectTypeOf<z.output<typeof publicStatusSchema>>().toEqualTypeOf<PublicStatus>();
  expectTypeOf<z.output<typeof buildsSchema>['builds'][number]>().toEqualTypeOf<ServiceBuild>();
  expectTypeOf<z.output<typeof logRecordSchema>['source']>().toEqualTypeOf<LogSource>();
});

test('checks the same options as its types', () => {
  expectTypeOf<z.input<typeof optionsSchema>>().toEqualTypeOf<api.DevServerOptions>();
});

test.each<[options: unknown, message: RegExp, remedy: RegExp]>([
  [{ cwd: '/' }, /^startDevServer\(\) has no option "cwd"\.$/, /^The options are: folder, config, /],
  [{ comand: 'x' }, /has no option "comand"\. Did you mean "command"\?$/, /^The options are/],
  [{ services: {} }, /has no option "services"\.$/, /^Set it in the config file\.$/],
  [{ maxIdleSeconds: 5 }, /has no option "maxIdleSeconds"\.$/, /^Set it in the config file\.$/],
  [{ port: '8080' }, /^The option "port" of startDevServer\(\) /, /^$/],
  [{ proxyPort: 65_536 }, /^The option "proxyPort" /, /^$/],
  [{ port: Number.NaN }, /^The option "port" /, /^$/],
  [{ command: ['node', 'server.js'] }, /^The option "command" /, /^$/],
  [{ command: '' }, /^The option "command" /, /^$/],
  [{ env: { A: 1 } }, /^The option "env.A" /, /^$/],
  [{ watch: 'src' }, /^The option "watch" /, /^$/],
  [{ onChange: 'reload' }, /^The option "onChange" /, /^$/],
  [{ folder: new URL('file:///') }, /^The option "folder" /, /^$/],
  ['/app', /^The options of startDevServer\(\) /, /^$/],
  [null, /^The options of startDevServer\(\) /, /^$/],
])('starts nothing with wrong options: %j', async (options, message, remedy) => {
  const attempt = api.startDevServer(options as api.DevServerOptions);
  await expect(attempt).rejects.toBeInstanceOf(api.JamdevError);
  await expect(attempt).rejects.toMatchObject({
    code: 'Usage',
    message: expect.stringMatching(message),
    remedy: expect.stringMatching(remedy),
  });
});

describe('watching', () => {
  test.each<[title: string, options: api.DevServerOptions, files: Record<string, object>]>([
    ['by default', {}, {}],
    ['with watch: undefined', { watch: undefined }, {}],
    ['with watch: false', { watch: false }, {}],
    ['when only the config names paths', {}, { 'jamsocket.config.json': { watch: ['.'] } }],
  ])('is off %s: a test that writes a file keeps its session', async (_title, options, files) => {
    const { folder, server, events } = await start(options, files);
    expect(await ask(server, 'doc')).toBe('first code');
    expect((await send(`${server.apiUrl}/_jamdev/info`)).json()).toMatchObject({ watching: false });
    writeFileSync(join(folder, 'server.js'), SERVER.replace('first', 'second'));
    // A requested build comes after all that a watcher could have started.
    await server.build();
    expect(builds(events).map((event) => 'reason' in event && event.reason)).toEqual(['start', 'from code']);
  });

  test.each<[title: string, options: api.DevServerOptions, files: Record<string, object>]>([
    ['watch: true', { watch: true }, {}],
    ['paths', { watch: ['server.js'] }, {}],
    ['watch: true and paths in the config', { watch: true }, { 'jamsocket.config.json': { watch: ['server.js'] } }],
  ])('with %s, a change reaches the session', async (_title, options, files) => {
    const { folder, server, events } = await start(options, files);
    const { url } = await server.connect({ key: 'doc' });
    expect(await (await fetch(url)).text()).toBe('first code');
    const watching = async () => (await send(`${server.apiUrl}/_jamdev/info`)).json().watching === true;
    await waitFor(watching, 'the watcher');
    writeFileSync(join(folder, 'server.js'), SERVER.replace('first', 'second'));
    await waitFor(() => events.some(({ event }) => event === 'restarted'), 'the new code');
    expect(await (await fetch(url)).text()).toBe('second code');
  });
});

test('subscribe passes on the life of a backend as JSON until it is cancelled', async () => {
  const { server, events } = await start();
  const some: DevServerEvent[] = [];
  const end = server.subscribe((event) => some.push(event));
  await ask(server, 'doc');
  end();
  const before = some.length;
  await server.close();
  expect(some).toHaveLength(before);
  const statuses = events.flatMap((event) => (event.event === 'status' ? [event.status] : []));
  expect(statuses).toEqual(['scheduled', 'loading', 'starting', 'waiting', 'ready', 'terminating', 'terminated']);
  expect(events.at(-1)).toEqual({ event: 'stopped' });
  expect(JSON.parse(JSON.stringify(events))).toEqual(events);
});

test('failures are instances of JamdevError with a code and a sentence', async () => {
  const failure = await api.startDevServer({ folder: '/no/such/folder' }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(api.JamdevError);
  const { server } = await start();
  const refused = await server.connect({ key: 'nobody', spawn: false }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ name: 'JamdevError', code: 'KeyUnheldNoSpawnConfig' });
});

test('await using closes the dev server', async () => {
  const folder = makeProject({ 'server.js': SERVER });
  let apiUrl: string;
  {
    await using server = await api.startDevServer({ folder, command: 'node server.js', port: 0, proxyPort: 0 });
    apiUrl = server.apiUrl;
    expect(server.project).toBe(folder);
    expect(await ask(server, 'doc')).toBe('first code');
    expect(readFileSync(join(server.stateFolder, 'project.json'), 'utf8')).toContain(folder);
  }
  await expect(fetch(apiUrl)).rejects.toThrow();
});
