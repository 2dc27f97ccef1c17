import { describe, expect, test } from 'vitest';
import { startRawProxy } from '../support/raw-proxy.js';

const NAMES = [
  ['Latin-1', 'caf\xe9'],
  ['UTF-8', 'caf\xc3\xa9 \xf0\x9f\x94\x91'],
  ['ASCII', 'cafe'],
] as const;
const PLACES = ['before', 'behind'] as const;
const CASES = NAMES.flatMap(([encoding, name]) => PLACES.map((place) => [encoding, place, name] as const));

/** Node.js treats this header specially once it has seen a length. */
function headersOf(name: string, place: (typeof PLACES)[number]): string {
  const disposition = `Content-Disposition: attachment; filename="${name}"\r\n`;
  return place === 'before' ? `Content-Length: 2\r\n${disposition}` : `${disposition}Content-Length: 2\r\n`;
}

describe('a file name in Content-Disposition is passed on byte for byte', () => {
  test.each(CASES)('in an answer: in %s, with the length %s it', async (_encoding, place, name) => {
    const proxy = await startRawProxy();
    proxy.onRequest = (connection) => connection.send(`HTTP/1.1 200 OK\r\n${headersOf(name, place)}\r\nok`);
    const answer = await proxy.exchange(
      `GET ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toContain(`HTTP/1.1 200 OK\r\n`);
    expect(answer).toContain(`\r\nContent-Disposition: attachment; filename="${name}"\r\n`);
    expect(answer).toContain(`\r\nContent-Length: 2\r\n`);
  });

  test.each(CASES)('in a request: in %s, with the length %s it', async (_encoding, place, name) => {
    const proxy = await startRawProxy();
    await proxy.exchange(
      `POST ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headersOf(name, place)}\r\nok`,
    );
    const received = proxy.backendConnections[0]?.received ?? '';
    expect(received).toContain(`\r\nContent-Disposition: attachment; filename="${name}"\r\n`);
    expect(received.match(/\r\nContent-Length: 2\r\n/g)).toHaveLength(1);
    expect(received.endsWith('\r\n\r\nok')).toBe(true);
  });
});
