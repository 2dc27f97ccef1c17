import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { runCli, startDev } from '../support/cli.js';
import { post } from '../support/http.js';
import { makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';

const SERVER = `
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
HTTPServer(('127.0.0.1', int(open('port').read())), BaseHTTPRequestHandler).serve_forever()
`;

/** A port that another program listens on. */
async function takenPort(): Promise<{ port: number; free(): Promise<void> }> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const free = () => new Promise<void>((resolve) => server.close(() => resolve()));
  onTestFinished(free);
  return { port: (server.address() as { port: number }).port, free };
}

test('suggests PORT, with the line for the language, and a container for a server with a fixed port', async () => {
  const taken = await takenPort();
  const folder = makeProject({ 'server.py': SERVER, port: String(taken.port) });
  const dev = await startDev(folder, ['--command', 'python3 server.py']);
  const connect = () => post(`${dev.apiUrl}/v2/service/-/-/connect`, { key: 'k' });
  const both = /PORT \(in Python: int\(os\.environ\.get\("PORT", "8080"\)\)\), or run it in a container/;
  await connect();
  await waitFor(() => both.test(dev.stdout()), 'the crash, with both ways');
  // If the port is free, the server listens on it and never on the port that it was assigned.
  const before = dev.stdout().length;
  await taken.free();
  await connect();
  await waitFor(() => dev.stdout().slice(before).includes(`It listens on port ${taken.port}`), 'the remark');
  expect(dev.stdout().slice(before)).toMatch(both);
});

test('doctor has no complaint about taken ports while the dev server of this project runs on others', async () => {
  const [api, proxy] = [await takenPort(), await takenPort()];
  const config = { command: 'node server.js', port: api.port, proxyPort: proxy.port };
  const folder = makeProject({ 'jamdev.config.json': config, 'server.js': '' });
  const portFindings = async () => {
    const { code, stdout } = await runCli(['doctor', '--json'], { cwd: folder });
    const { findings } = JSON.parse(stdout) as { findings: { check: string; status: string; text: string }[] };
    return { code, ports: findings.filter(({ check }) => check.endsWith(' port')) };
  };
  expect(await portFindings()).toMatchObject({ code: 1, ports: [{ status: 'failure' }, { status: 'failure' }] });
  const dev = await startDev(folder);
  const { code, ports } = await portFindings();
  expect(code).toBe(0);
  const messageFor = (url: string) => `this project's dev server (pid ${dev.process.pid}) runs on ${new URL(url).port}`;
  expect(ports.map(({ text }) => text)).toEqual([messageFor(dev.apiUrl), messageFor(dev.proxyUrl)]);
});
