import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fixture, makeProject, ROOT } from '../support/project.js';
import { waitFor } from '../support/wait.js';

interface Limited {
  output: () => string;
  exit: Promise<number | null>;
  pid: number;
}

/** Starts a dev server that is limited to this number of file descriptors. */
function startLimited(descriptors: number): Limited {
  const folder = makeProject();
  const words = [process.execPath, join(ROOT, 'bin', 'jamdev.js'), 'dev', '--port', '0', '--proxy-port', '0'];
  const line = `ulimit -n ${descriptors}; exec ${words.join(' ')} --no-watch --command 'node ${fixture('echo-server.mjs')}'`;
  const child = spawn('sh', ['-c', line], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await exit;
  });
  return { output: () => output, exit, pid: child.pid as number };
}

test('reports a low limit at the start, with the number needed and the command to raise it', async () => {
  const dev = startLimited(64);
  await waitFor(() => dev.output().includes('ulimit'), 'the sentence');
  expect(dev.output()).toMatch(/can open only 64 file descriptors.*needs.*\d+.*ulimit -n \d+/s);
  expect(dev.output()).not.toMatch(/fault|\n {4}at /);
});

test('does not mention a usual limit', async () => {
  const dev = startLimited(1024);
  await waitFor(() => /^ {2}spawn/m.test(dev.output()), 'the banner');
  expect(dev.output()).not.toContain('ulimit');
});

test.runIf(process.platform === 'linux')('connects again after a first connect that hit the limit', async () => {
  const dev = startLimited(128);
  const find = (name: string) => new RegExp(`${name}\\s+http://localhost:(\\d+)`).exec(dev.output())?.[1];
  const api = Number(await waitFor(() => find('API'), 'the API'));
  const proxy = Number(await waitFor(() => find('proxy'), 'the proxy'));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (method: string, path: string, port = api, by: Agent | undefined = agent) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const clientRequest = request({ host: '127.0.0.1', port, path, method, agent: by }, async (response) => {
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) text += chunk;
        resolve({ status: response.statusCode ?? 0, text });
      });
      clientRequest.on('error', reject).end();
    });
  // Opens the connection that the later connect request uses.
  expect((await ask('GET', '/_jamdev/info')).status).toBe(200);

  const idle: Socket[] = [];
  const used = () => readdirSync(`/proc/${dev.pid}/fd`).length;
  // More connections than descriptors: those that can't be accepted are closed or wait.
  for (let count = 0; count < 128; count += 1) {
    idle.push(connect(proxy, '127.0.0.1').on('error', () => undefined));
  }
  await waitFor(() => used() >= 126, 'the limit to be reached');
  // A descriptor may be free for a moment, and one start may get it. The connect is answered before its backend starts;
  // either can hit the limit, and the output says so.
  await waitFor(async () => {
    const { text } = await ask('POST', '/v2/service/-/-/connect');
    return /EMFILE.*ulimit -n/.test(text) || /EMFILE/.test(dev.output());
  }, 'the reason');
  for (const socket of idle) socket.destroy();
  await waitFor(() => used() < 100, 'the connections to be given back');

  const { status, text } = await ask('POST', '/v2/service/-/-/connect');
  expect(status).toBe(200);
  const { pathname } = new URL(JSON.parse(text).url);
  expect(await ask('GET', pathname, proxy, undefined)).toMatchObject({ status: 200 });
  agent.destroy();
});
