import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { CallerUrls, type UrlSettings } from '../../src/api/caller-urls.js';
import { findNetworkAddress } from '../../src/os/network-address.js';

const OWN = { api_url: 'http://localhost:8080', proxy_url: 'http://localhost:9090' };
const PUBLIC = { api: 'https://api.example', proxy: 'https://app.example/proxy' };

function urlsOf(host: string | undefined, publicUrl: UrlSettings['publicUrl'] = {}, own = OWN): CallerUrls {
  return new CallerUrls({ host, publicUrl }, () => own);
}

function askedBy(host?: string): IncomingMessage {
  return { headers: { host } } as IncomingMessage;
}

/** An address of this machine, or localhost if it has no network. */
async function networkHost(isIPv4Only: boolean): Promise<string> {
  const address = await findNetworkAddress(isIPv4Only);
  return address?.includes(':') ? `[${address}]` : (address ?? 'localhost');
}

/** Hosts that reach this machine only from itself. */
const LOCAL = ['localhost:8080', 'LOCALHOST', 'app.localhost', '127.0.0.1:8080', '127.8.9.1', '[::1]:8080'];
/** Hosts used by a program in a container, and invalid ones. */
const UNUSABLE = ['host.docker.internal', 'host.docker.internal:8080', undefined, '', 'a b', 'x/y'];
const ELSEWHERE: [hostHeader: string, carried: string][] = [
  ['192.168.1.5:8080', '192.168.1.5'],
  ['192.168.1.5:18080', '192.168.1.5'],
  ['[fd00::5]:8080', '[fd00::5]'],
  ['Box.LAN:8080', 'box.lan'],
];

describe('on all addresses', () => {
  test.each(ELSEWHERE)('a caller that used %s gets URLs with %s', async (hostHeader, carried) => {
    for (const host of ['0.0.0.0', '::']) {
      const expected = { api_url: `http://${carried}:8080`, proxy_url: `http://${carried}:9090` };
      expect(await urlsOf(host).forProgram(askedBy(hostHeader))).toEqual(expected);
      expect(await urlsOf(host).forBrowser(askedBy(hostHeader))).toEqual(expected);
    }
  });

  test.each([...LOCAL, ...UNUSABLE])('a program that used %s gets the network address', async (hostHeader) => {
    for (const host of ['0.0.0.0', '::']) {
      const name = await networkHost(host === '0.0.0.0');
      const expected = { api_url: `http://${name}:8080`, proxy_url: `http://${name}:9090` };
      expect(await urlsOf(host).forProgram(askedBy(hostHeader))).toEqual(expected);
    }
  });

  test('a browser keeps the host that it used', async () => {
    const { proxy_url } = await urlsOf('0.0.0.0').forBrowser(askedBy('localhost:8080'));
    expect(proxy_url).toBe('http://localhost:9090');
  });
});

describe('on one address', () => {
  const own = { api_url: 'http://192.168.1.5:8080', proxy_url: 'http://192.168.1.5:9090' };

  test('local callers get that address, others the host they used', async () => {
    for (const hostHeader of [...LOCAL, ...UNUSABLE]) {
      expect(await urlsOf('192.168.1.5', {}, own).forProgram(askedBy(hostHeader))).toEqual(own);
    }
    const { api_url } = await urlsOf('192.168.1.5', {}, own).forProgram(askedBy('box.lan'));
    expect(api_url).toBe('http://box.lan:8080');
  });
});

test.each([undefined, 'localhost', '127.0.0.1', '::1'])(
  'on loopback (%s) every caller gets the same URLs',
  async (host) => {
    for (const hostHeader of [...LOCAL, ...UNUSABLE, ...ELSEWHERE.map(([each]) => each)]) {
      expect(await urlsOf(host).forProgram(askedBy(hostHeader))).toEqual(OWN);
      if (host === undefined) expect(await urlsOf(host).forBrowser(askedBy(hostHeader))).toEqual(OWN);
    }
    expect(await urlsOf(host).forNetwork()).toBeUndefined();
  },
);

test('public URLs take precedence over every host, API and proxy independently', async () => {
  const both = { api_url: PUBLIC.api, proxy_url: PUBLIC.proxy };
  for (const host of [undefined, '0.0.0.0']) {
    for (const hostHeader of [...LOCAL, ...UNUSABLE, '192.168.1.5:8080']) {
      expect(await urlsOf(host, PUBLIC).forProgram(askedBy(hostHeader))).toEqual(both);
      expect(await urlsOf(host, PUBLIC).forBrowser(askedBy(hostHeader))).toEqual(both);
    }
    expect(await urlsOf(host, PUBLIC).forNetwork()).toEqual(both);
    expect(urlsOf(host, PUBLIC).forThisMachine()).toEqual(both);
  }
  const onlyProxy = urlsOf('0.0.0.0', { proxy: PUBLIC.proxy });
  expect(await onlyProxy.forProgram(askedBy('box.lan'))).toEqual({
    api_url: 'http://box.lan:8080',
    proxy_url: PUBLIC.proxy,
  });
  expect(onlyProxy.forThisMachine()).toEqual({ ...OWN, proxy_url: PUBLIC.proxy });
});
