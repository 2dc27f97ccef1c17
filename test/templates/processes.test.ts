import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { TEMPLATE_NAMES, type TemplateName } from '../../src/cli/commands/init/templates.js';
import { type DevRun, runCli } from '../support/cli.js';
import { openSocket, post, send } from '../support/http.js';
import { isInstalled } from '../support/installed.js';
import { waitFor } from '../support/wait.js';
import { open } from './clients.js';
import { startTemplate } from './start-template.js';
import { type Connected, describePooledTemplate, describeTemplate, terminate } from './template-suite.js';

async function connect(dev: DevRun, key: string): Promise<Connected> {
  return (await post(`${dev.apiUrl}/v2/service/-/-/connect`, { key })).json<Connected>();
}

function savedIn(dev: DevRun): string[] {
  const data = join(dev.folder, 'data');
  return readdirSync(data).map((name) => readFileSync(join(data, name), 'utf8'));
}

/** Keys that are not valid file names. */
const AWKWARD_KEY = `../../Ä "b"\\?*\n/${'🦊'.repeat(100)}`;

/** Messages that no page sends: without a text or a name, or with an invalid position. */
const NO_MESSAGES = [
  '',
  '{',
  'null',
  '[]',
  '{"text":1,"number":1,"position":0}',
  '{"text":"x","position":0}',
  '{"number":1,"position":0}',
  '{"text":"x","number":1,"position":-1}',
  '{"text":"x","number":1,"position":1.5}',
  '{"text":"x","number":1}',
  '{"name":"","position":0}',
  '{"name":{},"position":0}',
];

const SOCKETIO_NONSENSE = [
  '42["edit"]',
  '42["edit",1]',
  '420["edit",{}]',
  '42["edit",{"text":"no callback","position":0}]',
  '420["edit",{"text":"x","position":-1}]',
  '42["presence"]',
  '42["presence",null]',
  '42["presence",{"name":"","position":0}]',
  '42["presence",{"name":"Ann","position":"0"}]',
  '4nonsense',
];

async function sendWebSocketNonsense(url: string): Promise<void> {
  for (const message of [...NO_MESSAGES, Buffer.alloc(2 ** 21), Buffer.of(0xff)]) {
    const socket = new WebSocket(url.replace('http', 'ws'));
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send(message);
    await new Promise((resolve) => socket.once('close', resolve));
  }
  // The backend sees the path "//", which is not a URL.
  const strayed = new WebSocket(`${url.replace('http', 'ws')}/`);
  await new Promise((resolve) => strayed.once('message', resolve));
  strayed.close();
  await new Promise((resolve) => strayed.once('close', resolve));
  const { socket, received } = await openSocket(url);
  const path = new URL(url).pathname;
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`);
  socket.write('Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n');
  await waitFor(() => received().includes('101'), 'the upgrade');
  socket.write('not a frame at all');
  await new Promise((resolve) => socket.once('close', resolve));
}

/** Requests that no template's page would send, each with time to do harm. */
const NONSENSE: Record<TemplateName, (url: string) => Promise<void>> = {
  websocket: sendWebSocketNonsense,
  'warm-pool': sendWebSocketNonsense,
  socketio: async (url) => {
    for (const packet of SOCKETIO_NONSENSE) {
      const socket = new WebSocket(`${url.replace('http', 'ws')}socket.io/?EIO=4&transport=websocket`);
      await new Promise((resolve) => socket.once('message', resolve));
      socket.send('40');
      await new Promise((resolve) => socket.once('message', resolve));
      socket.send(packet);
      await new Promise((resolve) => socket.once('close', resolve));
    }
    expect((await send(`${url}socket.io/?EIO=4&transport=polling&sid=none`)).status).toBe(400);
  },
  python: async (url) => {
    const statusOf = async (path: string, body: string | Buffer, headers = {}) =>
      (await send(`${url}${path}`, { method: 'POST', body, headers })).status;
    for (const body of [...NO_MESSAGES, Buffer.of(0xff), '{"id":"1","text":"x","position":0}']) {
      const headers = { 'content-length': String(body.length) };
      expect(await statusOf('edit', body, headers), String(body)).toBe(400);
      expect(await statusOf('presence', body, headers), String(body)).toBe(400);
    }
    expect(await statusOf('edit', 'x', { 'transfer-encoding': 'chunked' })).toBe(411);
    expect(await statusOf('edit', 'x'.repeat(2 ** 21), { 'content-length': String(2 ** 21) })).toBe(413);
    expect(await statusOf('nowhere', 'x', { 'content-length': '1' })).toBe(404);
    const { socket } = await openSocket(url);
    socket.write(`POST ${new URL(url).pathname}edit HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf`);
    socket.end();
    await new Promise((resolve) => socket.once('close', resolve));
  },
};

describe.each(TEMPLATE_NAMES)('the template %s, as child processes', (template) => {
  describe.skipIf(template === 'python' && !isInstalled('python3'))('', () => {
    describeTemplate(template, { start: (name) => startTemplate(name), connect });

    test('accepts any key that the platform accepts', async () => {
      const dev = await startTemplate(template);
      const first = await connect(dev, AWKWARD_KEY);
      const ann = await open(template, first.url, AWKWARD_KEY);
      ann.type('kept');
      await ann.accepted();
      await terminate(dev, first);
      expect((await open(template, (await connect(dev, AWKWARD_KEY)).url, AWKWARD_KEY)).text()).toBe('kept');
    });

    test('shows both people the same text in the end, whatever they type at once', async () => {
      const dev = await startTemplate(template);
      const { url } = await connect(dev, 'doc-1');
      const [ann, bob] = [await open(template, url, 'doc-1'), await open(template, url, 'doc-1')];
      for (let round = 0; round < 20; round += 1) {
        for (let n = 0; n < 10; n += 1) {
          ann.type(`Ann ${round}.${n}`);
          bob.type(`Bob ${round}.${n}`);
          if (n % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        await Promise.all([ann.accepted(), bob.accepted()]);
        await waitFor(() => ann.text() === bob.text(), 'one text for both');
        expect(ann.text()).toMatch(new RegExp(`^(Ann|Bob) ${round}\\.9$`));
      }
      expect((await open(template, url, 'doc-1')).text()).toBe(ann.text());
    });

    test('has no URL in its page that would lose the token, and serves nothing else', async () => {
      const dev = await startTemplate(template);
      const { url } = await connect(dev, 'doc-1');
      const page = await send(url);
      expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
      expect(page.text).toContain('<textarea');
      const files = await Promise.all(['client.js', 'editor.js', 'style.css'].map((name) => send(`${url}${name}`)));
      for (const file of files) expect(file.headers['content-type']).toMatch(/^text\/(javascript|css); charset=utf-8$/);
      const all = [page, ...files].map(({ text }) => text).join('\n');
      const [, ...urls] = all
        .split(/(?:src|href)="|new URL\('|fetch\('|from '|import '|url\(/)
        .map((part) => part.split(/["']/)[0]);
      expect(urls.length).toBeGreaterThan(4);
      expect(urls.filter((found) => /^\/|^\w+:\/\//.test(found ?? ''))).toEqual([]);
      expect((await send(url, { method: 'HEAD' })).status).toBe(200);
      for (const path of [
        'server.js',
        'server.py',
        '../server.js',
        'pages.js',
        'package.json',
        'data',
        '%2e%2e%2fstorage.py',
      ]) {
        expect((await send(url, { path: `${new URL(url).pathname}${path}` })).status, path).toBe(404);
      }
      if (template === 'socketio') {
        const client = await send(`${url}socket.io/socket.io.js`);
        expect(client).toMatchObject({
          status: 200,
          headers: { 'content-type': expect.stringContaining('javascript') },
        });
      }
    });

    test('works with a static token, which stays in the path', async () => {
      const dev = await startTemplate(template, ['--use-static-token']);
      const { url } = await connect(dev, 'doc-1');
      expect(url).toContain('/s.');
      expect((await send(url)).text).toContain('<textarea');
      const [ann, bob] = [await open(template, url, 'doc-1'), await open(template, url, 'doc-1')];
      ann.type('static');
      await waitFor(() => bob.text() === 'static', 'Bob to see it');
    });

    test('is not harmed by requests that no page would send', async () => {
      const dev = await startTemplate(template);
      const connected = await connect(dev, 'doc-1');
      const ann = await open(template, connected.url, 'doc-1');
      ann.type('unhurt');
      await ann.accepted();
      await NONSENSE[template](connected.url);
      expect((await open(template, connected.url, 'doc-1')).text()).toBe('unhurt');
      expect((await connect(dev, 'doc-1')).backend_id).toBe(connected.backend_id);
      expect(dev.stdout()).not.toMatch(/crashed|Traceback/);
    });

    test("shows each person's cursor with the name from the connect request, or a chosen one", async () => {
      const dev = await startTemplate(template);
      const { url } = await connect(dev, 'doc-1');
      const body = { key: 'doc-1', user: 'Zoë 🦊' };
      const verified = (await post(`${dev.apiUrl}/v2/service/-/-/connect`, body)).json<Connected>();
      const ann = await open(template, url, 'doc-1');
      const zoe = await open(template, verified.url, 'doc-1');
      ann.show({ name: 'Ann', position: 0 });
      zoe.show({ name: 'Ann', position: 3 });
      const list = [
        ['Ann', 0],
        ['Zoë 🦊', 3],
      ];
      await waitFor(() => isDeepStrictEqual(ann.list(), list) && isDeepStrictEqual(zoe.list(), list), 'both names');
      ann.type('x', 1);
      await waitFor(() => zoe.list()[0]?.[1] === 1, 'the cursor of an edit');
    });

    test('saves typed text soon, and not only when the backend ends', async () => {
      const dev = await startTemplate(template);
      const first = await connect(dev, 'doc-1');
      const ann = await open(template, first.url, 'doc-1');
      ann.type('soon');
      await ann.accepted();
      const data = join(dev.folder, 'data');
      await waitFor(() => {
        try {
          return readdirSync(data).some((name) => name.endsWith('.txt'));
        } catch {
          return false;
        }
      }, 'the first save');
      expect(await terminate(dev, first, true)).toMatchObject({ termination_kind: 'hard' });
      expect(savedIn(dev)).toEqual(['soon']);
      expect((await open(template, (await connect(dev, 'doc-1')).url, 'doc-1')).text()).toBe('soon');
    });

    test('does not treat an unreadable document as an empty one', async () => {
      const dev = await startTemplate(template);
      const first = await connect(dev, 'doc-1');
      const ann = await open(template, first.url, 'doc-1');
      ann.type('x');
      await ann.accepted();
      await terminate(dev, first);
      const [name] = readdirSync(join(dev.folder, 'data'));
      // Under the name of another key there is something that is not a file.
      const other = await connect(dev, 'doc-2');
      const bob = await open(template, other.url, 'doc-2');
      bob.type('x');
      await bob.accepted();
      await terminate(dev, other);
      const second = readdirSync(join(dev.folder, 'data')).find((file) => file !== name) ?? '';
      execFileSync('rm', [join(dev.folder, 'data', second)]);
      mkdirSync(join(dev.folder, 'data', second));
      const { code, stderr } = await runCli(['spawn', '--key', 'doc-2', '--wait'], { cwd: dev.folder });
      expect(code).toBe(1);
      expect(stderr).toMatch(/EISDIR|IsADirectoryError/);
    });
  });
});

describe('the template warm-pool, as child processes', () => {
  describePooledTemplate({ start: (name) => startTemplate(name) });
});
