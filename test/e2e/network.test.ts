import { describe, expect, test } from 'vitest';
import { findNetworkAddress } from '../../src/os/network-address.js';
import { runCli, startDev } from '../support/cli.js';
import { post, send } from '../support/http.js';
import { fixture, makeProject } from '../support/project.js';

const CONNECT = '/v2/service/-/-/connect';
const ECHO = `node ${fixture('echo-server.mjs')}`;

interface Connected {
  url: string;
  status_url: string;
  ready_url: string;
}

function makeApp(config: object = {}): string {
  return makeProject({ 'jamsocket.config.json': { command: ECHO, watch: false, ...config } });
}

/** @returns the host names in the URLs of a connect answer, and these URLs on this machine */
async function connectBy(apiUrl: string, host: string) {
  const answer = await send(`${apiUrl}${CONNECT}`, { method: 'POST', headers: { host }, body: '' });
  const urls = answer.json<Connected>();
  const names = [urls.url, urls.status_url, urls.ready_url].map((url) => new URL(url).hostname);
  return { ...urls, names: [...new Set(names)] };
}

describe('with --host 0.0.0.0', () => {
  test("URLs use the caller's host, unless other machines can't reach it", async () => {
    const dev = await startDev(makeApp(), [
      '--host',
      '0.0.0.0',
      '--allowed-host',
      'box.lan',
      '--allowed-host',
      'b2.lan',
    ]);
    const [apiPort, proxyPort] = [dev.apiUrl, dev.proxyUrl].map((url) => new URL(url).port);
    const address = await findNetworkAddress(true);
    const network = address ?? 'localhost';
    if (address !== undefined) {
      expect(dev.stdout()).toContain(
        `network http://${address}:${apiPort} (API), http://${address}:${proxyPort} (proxy)`,
      );
      const { url } = await connectBy(dev.apiUrl, `${address}:${apiPort}`);
      expect(url).toContain(`http://${address}:${proxyPort}/`);
      expect((await send(url)).status).toBe(200);
    }
    for (const [host, carried] of [
      ['192.168.7.7', '192.168.7.7'],
      ['box.lan:1234', 'box.lan'],
      ['b2.lan', 'b2.lan'],
      ['localhost', network],
      ['127.0.0.1:8080', network],
      ['host.docker.internal:8080', network],
    ] as const) {
      expect((await connectBy(dev.apiUrl, host)).names, host).toEqual([carried]);
    }
    const v1 = await send(`${dev.apiUrl}/user/-/service/default/spawn`, {
      method: 'POST',
      headers: { host: 'box.lan' },
    });
    expect(v1.json()).toMatchObject({ url: expect.stringMatching(`^http://box.lan:${proxyPort}/`) });

    const { ready_url } = await connectBy(dev.apiUrl, 'box.lan');
    const { pathname } = new URL(ready_url);
    const byBrowser = await send(`${dev.apiUrl}${pathname}`, {
      headers: { host: 'localhost', accept: 'application/json' },
    });
    expect(byBrowser.json()).toMatchObject({ url: expect.stringMatching(`^http://localhost:${proxyPort}/`) });

    for (const host of ['rebound.evil.example', 'box.lan.evil.example', 'evil.box.lan', 'box.lan, evil.example']) {
      const refused = await send(`${dev.apiUrl}${CONNECT}`, { method: 'POST', headers: { host } });
      expect(refused, host).toMatchObject({ status: 403 });
      expect(refused.json()).toMatchObject({ error: { code: 'HostNotAllowed' } });
    }
    const origin = `http://${network}:${proxyPort}`;
    const page = await send(`${dev.apiUrl}${CONNECT}`, { method: 'POST', headers: { host: 'box.lan', origin } });
    expect(page.status).toBe(403);
  });
});

describe('with publicUrl', () => {
  test('URLs use it, the API allows its host, and backends see its scheme', async () => {
    const publicUrl = { api: 'https://api.tunnel.example/', proxy: 'https://app.tunnel.example/jam' };
    const dev = await startDev(makeApp({ publicUrl }));
    expect(dev.stdout()).toContain('public  https://api.tunnel.example (API), https://app.tunnel.example/jam (proxy)');
    for (const host of ['localhost', 'api.tunnel.example']) {
      const { url, ready_url, status_url } = await connectBy(dev.apiUrl, host);
      expect(url).toMatch(/^https:\/\/app\.tunnel\.example\/jam\/[\w-]{43}\/$/);
      expect(ready_url).toMatch(/^https:\/\/api\.tunnel\.example\/ready\//);
      expect(status_url).toMatch(/^https:\/\/api\.tunnel\.example\/v2\/backend\//);
      const path = new URL(url).pathname.replace('/jam', '');
      const headers = { host: 'app.tunnel.example', 'x-forwarded-proto': 'gopher' };
      const echoed = (await send(`${dev.proxyUrl}${path}`, { headers })).json<{ headers: Record<string, string> }>();
      expect(echoed.headers).toMatchObject({ host: 'app.tunnel.example', 'x-forwarded-proto': 'https' });
    }
    const spawned = await runCli(['spawn', '--key', 'doc', '--json'], { cwd: dev.folder });
    expect(JSON.parse(spawned.stdout).url).toContain('https://app.tunnel.example/jam/');
    const foreign = await send(`${dev.apiUrl}${CONNECT}`, { method: 'POST', headers: { host: 'tunnel.example' } });
    expect(foreign.status).toBe(403);
    const headers = { host: 'api.tunnel.example', origin: 'https://app.tunnel.example' };
    expect((await send(`${dev.apiUrl}${CONNECT}`, { method: 'POST', headers })).status).toBe(403);
  });

  test.each([
    [{ api: 'ftp://x.example' }, '"publicUrl.api" must be an http or https URL without a query'],
    [{ proxy: 'x.example' }, '"publicUrl.proxy" must be an http or https URL without a query'],
    [{ proxy: 'https://x.example/?a=b' }, '"publicUrl.proxy" must be'],
    [{ proxy: 'https://user:pw@x.example' }, '"publicUrl.proxy" must be'],
    [{ prox: 'https://x.example' }, 'unknown key "publicUrl.prox". Did you mean "proxy"?'],
    [{ api: 'https://x.example/api', proxy: 'https://x.example/proxy' }, 'have the same origin, https://x.example'],
  ])('%j is refused', async (publicUrl, message) => {
    const { code, stderr } = await runCli(['dev'], { cwd: makeApp({ publicUrl }) });
    expect(stderr).toContain(message);
    expect(code).toBe(1);
  });
});

test('without either, URLs use localhost for every host that a caller uses', async () => {
  const dev = await startDev(makeApp());
  for (const host of ['localhost', '127.0.0.1', 'host.docker.internal']) {
    expect((await connectBy(dev.apiUrl, host)).names).toEqual(['localhost']);
  }
  expect(dev.stdout()).not.toMatch(/network|public/);
  expect((await post(`${dev.apiUrl}${CONNECT}`, {})).json<Connected>().url).toContain(dev.proxyUrl);
});

test.each(['https://box.lan', 'box.lan:8080', '*.lan', 'a b', ''])('--allowed-host %j is refused', async (name) => {
  const { code, stderr } = await runCli(['dev', '--allowed-host', name], { cwd: makeApp() });
  expect(stderr).toContain('--allowed-host must be a host name or an address, without a scheme or port');
  expect(code).toBe(2);
});
