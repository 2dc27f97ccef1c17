import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { EngineApi } from '../../src/runtime/docker/engine-api.js';
import { makeTempFolder } from '../support/project.js';
import { makeRegister } from '../support/register.js';
import { living, waitFor } from '../support/wait.js';

/**
 * Puts a program called docker on the PATH that answers for an engine, by its own input and output, and leaves its pid
 * in a folder.
 * @param answer code with `url` and `send(status, text)`
 */
function makeClient(answer: string): { pids: () => number[]; api: EngineApi } {
  const folder = makeTempFolder();
  const program = `#!${process.execPath}
    const { createServer } = require('node:http');
    const { Duplex } = require('node:stream');
    if (process.argv.slice(2).join(' ') !== 'system dial-stdio') process.exit(9);
    require('node:fs').writeFileSync(__dirname + '/' + process.pid + '.pid', '');
    const server = createServer((request, response) => {
      const { url } = request;
      const send = (status, text) => response.writeHead(status).end(text);
      ${answer}
    });
    const { stdin, stdout } = process;
    const connection = Duplex.from({ readable: stdin, writable: stdout });
    connection.on('error', () => process.exit(0));
    connection.setTimeout = connection.setNoDelay = connection.setKeepAlive = () => connection;
    server.emit('connection', connection);
    stdin.on('end', () => process.exit(0));
  `;
  writeFileSync(join(folder, 'docker'), program);
  chmodSync(join(folder, 'docker'), 0o755);
  vi.stubEnv('PATH', [folder, process.env.PATH].join(delimiter));
  const api = new EngineApi(makeRegister());
  onTestFinished(() => {
    api.close();
    vi.unstubAllEnvs();
  });
  const pids = () =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.pid'))
      .map((name) => Number.parseInt(name, 10));
  return { pids, api };
}

describe('asking the engine through the docker client', () => {
  test('gives the JSON of the answer, and keeps the client for the next question', async () => {
    const { api, pids } = makeClient('send(200, JSON.stringify({ url }));');
    expect(await api.get('/first?a=b')).toEqual({ url: '/first?a=b' });
    expect(await api.get('/second')).toEqual({ url: '/second' });
    expect(pids()).toHaveLength(1);
    expect(await living(pids())).toEqual(pids());
  });

  test('many questions at once have two clients, and none after the end', async () => {
    const { api, pids } = makeClient('setTimeout(() => send(200, JSON.stringify({ url })), 20);');
    const warned = vi.fn();
    process.on('warning', warned);
    onTestFinished(() => void process.off('warning', warned));
    const paths = Array.from({ length: 30 }, (_, index) => `/${index}`);
    expect(await Promise.all(paths.map((path) => api.get(path)))).toEqual(paths.map((url) => ({ url })));
    expect(pids()).toHaveLength(2);
    expect(await living(pids())).toEqual(pids());
    api.close();
    await waitFor(async () => (await living(pids())).length === 0, 'the clients to end');
    expect(warned).not.toHaveBeenCalled();
  });

  test.each([
    ['an error', 'send(404, \'{"message":"No such container"}\')'],
    ['no JSON', "send(200, 'hello')"],
    ['half an answer', "response.writeHead(200, { 'content-length': 99 }).write('{'); process.exit(1)"],
    ['no answer at all', 'process.exit(1)'],
  ])('%s is undefined', async (_what, answer) => {
    const { api } = makeClient(`${answer};`);
    expect(await api.get('/')).toBeUndefined();
  });

  test('without a docker client it is undefined, and it is not looked for again and again', async () => {
    vi.stubEnv('PATH', '/nonexistent');
    onTestFinished(() => void vi.unstubAllEnvs());
    const api = new EngineApi(makeRegister());
    expect(await api.get('/')).toBeUndefined();
    const { pids } = makeClient('send(200, "1");');
    expect(await api.get('/')).toBeUndefined();
    expect(pids()).toEqual([]);
  });

  test('what is under way or waits when it is closed is undefined, and it can be asked again at once', async () => {
    const { api, pids } = makeClient("if (url === '/now') send(200, '1');");
    const open = Array.from({ length: 9 }, () => api.get('/never'));
    await waitFor(() => pids().length === 2, 'two clients');
    api.close();
    expect(await Promise.all(open)).toEqual(open.map(() => undefined));
    expect(await api.get('/now')).toBe(1);
    expect(pids()).toHaveLength(3);
  });
});
