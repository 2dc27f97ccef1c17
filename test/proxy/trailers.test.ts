import { describe, expect, test } from 'vitest';
import { startRawProxy } from '../support/raw-proxy.js';

describe('Proxy: trailers', () => {
  const ANSWER =
    'HTTP/1.1 200 OK\r\nTrailer: x-sum, content-length\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: \xfc\r\nSet-Cookie: a=b\r\nx-unannounced: 1\r\n\r\n';

  test('are sent to a client that says it accepts them', async () => {
    const proxy = await startRawProxy();
    proxy.onRequest = (connection) => connection.send(ANSWER);
    const text = await proxy.exchange(
      `GET ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\nTE: trailers;q=0.5\r\nConnection: TE, close\r\n\r\n`,
    );
    expect(text).toMatch(/\r\nTrailer: x-sum\r\n/);
    expect(text).toMatch(/\r\n0\r\nX-Sum: \xfc\r\nx-unannounced: 1\r\n\r\n$/);
    expect(proxy.backendConnections[0]?.received).toContain('\r\nTE: trailers\r\n');
  });

  test.each(['', 'TE: gzip\r\n'])('are not announced to others (%j)', async (more) => {
    const proxy = await startRawProxy();
    proxy.onRequest = (connection) => connection.send(ANSWER);
    const text = await proxy.exchange(
      `GET ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\n${more}Connection: close\r\n\r\n`,
    );
    expect(text).not.toMatch(/trailer|x-sum/i);
    expect(text).toMatch(/\r\n2\r\nok\r\n0\r\n\r\n$/);
    expect(proxy.backendConnections[0]?.received).not.toMatch(/\r\nTE:/i);
  });
});
