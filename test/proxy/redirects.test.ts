import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { DevServer } from '../../src/dev-server/dev-server.js';
import { startDevServer } from '../../src/dev-server/start-dev-server.js';
import { send } from '../support/http.js';
import { keepFolder } from '../support/project.js';
import { waitFor } from '../support/wait.js';

const SERVER = `
  require('http').createServer((request, response) => {
    const to = new URL(request.url, 'http://x').searchParams.get('to');
    const base = process.env.SESSION_BACKEND_STATIC_TOKEN ? '/' + process.env.SESSION_BACKEND_STATIC_TOKEN : '';
    const location = to && to.replace('SELF', 'http://' + request.headers.host)
      .replace('SEEN', request.headers['x-forwarded-proto'] + '://' + request.headers.host).replace('BASE', base);
    if (location) response.writeHead(302, { location }).end();
    else response.end('at ' + request.url.replace(base, ''));
  }).listen(process.env.PORT);
`;

/** One dev server with all kinds of services. */
let server: DevServer;
const folder = keepFolder({
  'server.js': SERVER,
  'jamdev.config.json': {
    rewriteRedirects: true,
    services: {
      rewritten: { command: 'node server.js' },
      plain: { command: 'node server.js', rewriteRedirects: false },
      static: { command: 'node server.js', rewriteRedirects: false, useStaticToken: true },
      both: { command: 'node server.js', useStaticToken: true },
    },
  },
});

const tunneled = keepFolder({
  'server.js': SERVER,
  'jamdev.config.json': {
    command: 'node server.js',
    rewriteRedirects: true,
    publicUrl: { api: 'https://api.tunnel.example', proxy: 'https://app.tunnel.example' },
  },
});

beforeAll(async () => {
  server = await startDevServer({ folder: folder.path, port: 0, proxyPort: 0, watch: false });
});
afterAll(async () => {
  await server.close(true);
  folder.remove();
  tunneled.remove();
});

/** Requests a redirect from a service, and follows it as a browser does. */
async function follow(service: string, to: string): Promise<string> {
  const { url } = await server.connect({ service, key: 'k' });
  const response = await fetch(`${url}a/b?to=${encodeURIComponent(to)}`);
  return response.ok ? response.text() : `${response.status}`;
}

/** The remarks about redirects in the log of a service's backend. */
async function remarks(service: string): Promise<string[]> {
  const { backend_id } = await server.connect({ service, key: 'k' });
  const { text } = await send(`${server.apiUrl}/_jamdev/logs?backend=${backend_id}&follow=false`);
  return text.split('\n').filter((line) => line.includes('loses the connection token'));
}

describe('a redirect to an absolute path', () => {
  test.each(['/hello', 'SELF/hello', '../../hello'])('%s keeps the token with rewriteRedirects', async (to) => {
    expect(await follow('rewritten', to)).toBe('at /hello');
    expect(await remarks('rewritten')).toEqual([]);
  });

  test('is unchanged without it, with one remark that says what breaks and what helps', async () => {
    const { url } = await server.connect({ service: 'plain', key: 'k' });
    const { status, headers } = await send(`${url}old?to=/hello`);
    expect({ status, location: headers.location }).toEqual({ status: 302, location: '/hello' });
    expect(await follow('plain', '/again')).toBe('410');
    const [line = '', ...more] = await waitFor(async () => {
      const lines = await remarks('plain');
      return lines.length > 0 ? lines : undefined;
    }, 'the remark');
    expect(more).toEqual([]);
    expect(line).toContain('The redirect from /TOKEN/old to /hello loses the connection token');
    expect(line).toContain('Redirect to a relative path, or set \\"useStaticToken\\": true');
    expect(line).toContain('\\"rewriteRedirects\\": true');
  });

  test('needs the static token in front, which the backend or jamdev adds', async () => {
    expect(await follow('static', 'BASE/hello')).toBe('at /hello');
    expect(await remarks('static')).toEqual([]);
    expect(await follow('static', '/hello')).toBe('410');
    expect((await remarks('static'))[0]).toContain('SESSION_BACKEND_STATIC_TOKEN');
    expect(await follow('both', 'BASE/hello')).toBe('at /hello');
    expect(await follow('both', '/hello')).toBe('at /hello');
  });
});

test.each(['../hello', '//other.example/x', 'https://other.example/x'])('%s is never changed', async (to) => {
  const { url } = await server.connect({ service: 'rewritten', key: 'k' });
  expect((await send(`${url}a/b?to=${encodeURIComponent(to)}`)).headers.location).toBe(to);
});

test('a redirect to the connection URL of another session leads there', async () => {
  const other = await server.connect({ service: 'rewritten', key: 'other' });
  expect(await follow('rewritten', `${other.url}hello`)).toBe('at /hello');
  expect(await follow('rewritten', new URL(`${other.url}hello`).pathname)).toBe('at /hello');
});

test('behind a tunnel that ends TLS, redirects keep the token, whatever host the tunnel sends', async () => {
  const tunnel = 'https://app.tunnel.example';
  const behind = await startDevServer({ folder: tunneled.path, port: 0, proxyPort: 0, watch: false });
  onTestFinished(() => behind.close(true));
  const { url } = await behind.connect({ key: 'k' });
  expect(url.startsWith(`${tunnel}/`)).toBe(true);
  const { pathname } = new URL(url);
  const local = behind.proxyUrl;
  for (const host of ['app.tunnel.example', new URL(local).host]) {
    for (const to of ['/hello', 'SEEN/hello', `${tunnel}/hello`]) {
      const { status, headers } = await send(`${local}${pathname}a/b?to=${encodeURIComponent(to)}`, {
        headers: { host },
      });
      expect({ status, location: headers.location }).toEqual({ status: 302, location: `${pathname}hello` });
    }
  }
});

describe('the favicon at the root of a host', () => {
  test.each(['GET', 'HEAD'])('is answered on %s, so that the browser console shows no error', async (method) => {
    const { status, headers, text } = await send(`${server.proxyUrl}/favicon.ico?v=2`, {
      method,
      headers: { accept: 'image/*', referer: `${server.proxyUrl}/${'T'.repeat(43)}/` },
    });
    expect({ status, text }).toEqual({ status: 204, text: '' });
    expect(headers['cache-control']).toContain('max-age');
  });

  test('behind a token is the backend’s own, and other methods are still an error', async () => {
    const { url } = await server.connect({ service: 'plain', key: 'k' });
    expect((await send(`${url}favicon.ico`)).text).toBe('at /favicon.ico');
    expect((await send(`${server.proxyUrl}/favicon.ico`, { method: 'POST' })).status).toBe(410);
    expect((await send(`${server.proxyUrl}/favicon.ico/x`)).status).toBe(410);
  });
});
