import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { greetServer } from '../../src/cli/client/greet-server.js';
import { HttpApi } from '../../src/cli/client/http-api.js';
import { usageError } from '../../src/contract/errors/usage-error.js';
import { recordOf } from '../support/server-record.js';

test('a jamdev serve in place of a recorded dev server gets no token', async () => {
  const server = createServer((_request, response) => {
    response.end(JSON.stringify({ kind: 'serve', version: '1.0.0', cluster: 'localhost' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const record = await recordOf('/project', { apiUrl });
    const { signal } = new AbortController();
    await expect(greetServer({ apiUrl, record }, signal)).rejects.toMatchObject({ code: 'DevServerUnreachable' });
    // Without a record of a dev server, jamdev serve is accepted.
    expect((await greetServer({ apiUrl }, signal)).isServe).toBe(true);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('an alternative address keeps the host header, and is skipped if nothing listens there', async () => {
  const hosts: unknown[] = [];
  const server = createServer((request, response) => {
    hosts.push(request.headers.host);
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const failures = { unreachable: usageError, notTheApi: usageError };
    const { signal } = new AbortController();
    const ask = (host: string, address: string) =>
      new HttpApi(`http://${host}:${port}`, signal, failures, { address }).json('GET', '/');
    expect(await ask('localhost', '127.0.0.1')).toEqual({});
    expect(await ask('127.0.0.1', '::1')).toEqual({});
    expect(hosts).toEqual([`localhost:${port}`, `127.0.0.1:${port}`]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
