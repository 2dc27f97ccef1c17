import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { howToStartAt, parseApiUrl } from '../../src/cli/client/api-url.js';

test.each([
  ['http://localhost:8280', 'http://localhost:8280'],
  ['HTTP://LocalHost:8280/', 'http://localhost:8280'],
  ['https://api.example.com/jam/', 'https://api.example.com/jam'],
  ['http://box.lan/jam/', 'http://box.lan/jam'],
  ['http://localhost', 'http://localhost'],
  ['localhost:8280', 'http://localhost:8280'],
  ['localhost:8280/', 'http://localhost:8280'],
  ['127.0.0.1:8280', 'http://127.0.0.1:8280'],
  ['[::1]:8280', 'http://[::1]:8280'],
  ['box.lan:8280', 'http://box.lan:8280'],
  ['8280', 'http://localhost:8280'],
  [':8280', 'http://localhost:8280'],
  [' localhost:8280 ', 'http://localhost:8280'],
])('%j is understood as %s', (text, url) => {
  expect(parseApiUrl(text)).toBe(url);
});

test.each(['localhost', 'ftp://x:1', 'a b:80', '', '99999', 'localhost:99999', 'file:/x', '::1'])(
  '%j is not a URL of a dev server',
  (text) => {
    expect(() => parseApiUrl(text)).toThrow('is not the URL of a dev server');
  },
);

test.each([
  ['http://localhost:8280', 'Start one there with: npx jamdev dev --port 8280'],
  ['http://127.0.0.1:8280', 'Start one there with: npx jamdev dev --port 8280'],
  ['http://[::1]:8280', 'Start one there with: npx jamdev dev --port 8280'],
  ['http://app.localhost', 'Start one there with: npx jamdev dev --port 80'],
  ['http://127.0.0.9:8280', 'Start one there with: npx jamdev dev --host 127.0.0.9 --port 8280'],
  ['http://192.0.2.9:8280', 'Start one on 192.0.2.9 with: npx jamdev dev --host 0.0.0.0 --port 8280'],
  [
    'http://box.lan:8280',
    'Start one on box.lan with: npx jamdev dev --host 0.0.0.0 --allowed-host box.lan --port 8280',
  ],
  [
    'http://host.docker.internal:8280',
    'Start one on host.docker.internal with: npx jamdev dev --host 0.0.0.0 --port 8280',
  ],
])('for %s, the suggestion to start a dev server is: %s', (url, line) => {
  expect(howToStartAt(url)).toBe(line);
});

test('for an address of this machine, the suggestion is to listen on it', () => {
  const own = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  for (const { address, internal, family } of own) {
    if (internal || family !== 'IPv4') continue;
    expect(howToStartAt(`http://${address}:80`)).toContain(`npx jamdev dev --host ${address} --port 80`);
  }
});
