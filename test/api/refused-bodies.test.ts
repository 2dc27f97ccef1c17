import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { json } from '../../src/api/answer.js';
import { createApi } from '../../src/api/app.js';
import type { ApiContext } from '../../src/api/context.js';
import { post } from '../../src/api/endpoint.js';
import { accessErrors } from '../../src/contract/errors/access-errors.js';
import { openSocket } from '../support/http.js';
import { waitFor } from '../support/wait.js';

const HEAD = 'POST /take HTTP/1.1\r\nHost: localhost\r\n';
const SIZED = { head: `${HEAD}Content-Length: 200\r\n\r\n`, first: '{'.repeat(100), rest: '{'.repeat(100) };
const CHUNKED = {
  head: `${HEAD}Transfer-Encoding: chunked\r\n\r\n`,
  first: `64\r\n${'{'.repeat(100)}\r\n`,
  rest: '0\r\n\r\n',
};
const GZIP = gzipSync(Buffer.alloc(1_000_000, '{'));
const COMPRESSED = {
  head: `${HEAD}Content-Encoding: gzip\r\nContent-Length: ${GZIP.length}\r\n\r\n`,
  first: GZIP.subarray(0, 100),
  rest: GZIP.subarray(100),
};

test.each([
  ['of a known length', SIZED],
  ['in chunks', CHUNKED],
  ['with compression', COMPRESSED],
])('a body %s is dropped after its sender was refused, and the connection stays usable', async (_which, parts) => {
  const requests: IncomingMessage[] = [];
  const answer = createApi(
    {
      authorize: async () => {
        throw accessErrors.apiTokenWrong();
      },
    } as unknown as ApiContext,
    (_request, _response, next) => next(),
    [
      post('/take', {
        summary: 'Takes anything',
        body: z.unknown(),
        answer: json(z.object({})),
        handle: () => {
          throw new Error('nobody gets here');
        },
      }),
    ],
  );
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { socket, received } = await openSocket(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const answers = () => received().split('HTTP/1.1 401 ').length - 1;
    socket.write(parts.head);
    socket.write(parts.first);
    await waitFor(() => answers() === 1, 'the refusal');
    expect(requests[0]?.listenerCount('data')).toBe(0);
    expect(requests[0]?.complete).toBe(false);
    socket.write(parts.rest);
    socket.write(`${HEAD}Content-Length: 2\r\n\r\n{}`);
    await waitFor(() => answers() === 2, 'the next answer');
    socket.destroy();
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
