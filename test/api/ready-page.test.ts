import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { onDev } from '../support/api/dev-api.js';
import { startServer, untilStatus } from '../support/dev-server.js';
import { send } from '../support/http.js';
import { makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';
import { readyPage } from './suites/ready-page.js';

const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
/** Listens once the file `go` exists. */
const SLOW = `node -e "console.log('setting up <1>'); const t = setInterval(() => { if (!require('fs').existsSync('go')) return; clearInterval(t); require('http').createServer((q, r) => r.end('here')).listen(process.env.PORT); }, 10)"`;

onDev(readyPage);

// Output of backends, builds and tokens are known to a dev server but not to jamdev serve.
describe('HTTP API: ready_url, on a dev server alone', () => {
  test('shows the status and reloads until it redirects to the connection URL', async () => {
    const folder = makeProject();
    const server = await startServer({ folder, command: SLOW, watch: false });
    const { ready_url, url, token, backend_id } = await server.connect();
    const backend = await untilStatus(server, backend_id, 'waiting');
    await waitFor(() => backend.log.lastLines.length > 0, 'its output');
    const page = await send(ready_url, { headers: BROWSER });
    expect(page).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': expect.stringMatching(/^default-src 'none';/),
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      },
    });
    expect(page.headers).not.toHaveProperty('access-control-allow-origin');
    expect(page.text).toContain(`The backend &quot;${backend_id}&quot; is running, but does not answer yet.`);
    expect(page.text).toContain('<p>Status: waiting, since ');
    expect(page.text).toContain('<meta http-equiv="refresh" content="1">');
    expect(page.text).toContain('<pre>\nsetting up &lt;1&gt;</pre>');
    expect(page.text).not.toContain(token);
    expect(page.text).not.toContain('<script');
    writeFileSync(join(folder, 'go'), '');
    const onward = await waitFor(async () => {
      const answer = await send(ready_url, { headers: BROWSER });
      return answer.status === 302 ? answer : undefined;
    }, 'the page to go on');
    expect(onward.headers).toMatchObject({
      location: url,
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect((await send(String(onward.headers.location))).text).toBe('here');
  });

  test('redirects to the connection URL of a static token too', async () => {
    const server = await startServer({ useStaticToken: true });
    const { ready_url, url, backend_id } = await server.connect();
    await untilStatus(server, backend_id, 'ready');
    expect(await send(ready_url)).toMatchObject({ status: 302, headers: { location: url } });
  });

  test('shows what keeps a backend from getting ready', async () => {
    const command = `node -e "require('http').createServer().listen(0, '127.0.0.1')"`;
    const server = await startServer({ command });
    const { ready_url } = await server.connect();
    const page = await waitFor(async () => {
      const { text } = await send(ready_url, { headers: BROWSER });
      return text.includes('jamdev gave it PORT=') ? text : undefined;
    }, 'the reason');
    expect(page).toContain('http-equiv="refresh"');
  });

  describe('of a backend that will never be ready', () => {
    test('says why, with its last lines, and stops reloading', async () => {
      const server = await startServer({ command: `node -e "console.error('no <database>'); process.exit(4)"` });
      const { ready_url, token, backend_id } = await server.connect();
      await untilStatus(server, backend_id, 'terminated');
      const page = await send(ready_url, { headers: BROWSER });
      expect(page).toMatchObject({ status: 410, headers: { 'content-type': 'text/html; charset=utf-8' } });
      expect(page.text).toContain(`The backend &quot;${backend_id}&quot; has ended: crashed: exit code 4, at `);
      expect(page.text).toContain('<pre>\nno &lt;database&gt;</pre>');
      expect(page.text).not.toContain('http-equiv="refresh"');
      expect(page.text).not.toContain(token);
      const json = await send(ready_url, { headers: { accept: 'application/json' } });
      expect(json.json()).toMatchObject({
        error: { status: 410, code: 'BackendEnded', message: expect.stringContaining('no <database>') },
      });
    });

    test('shows the failed build and its output', async () => {
      const build = `node -e "setTimeout(() => { console.log('typo in line 3'); process.exit(1); }, 300)"`;
      const server = await startServer({ build, watch: false });
      const { ready_url, backend_id } = await server.connect();
      await untilStatus(server, backend_id, 'loading');
      expect((await send(ready_url, { headers: BROWSER })).text).toContain('is waiting for its build or image');
      await untilStatus(server, backend_id, 'terminated');
      const { status, text } = await send(ready_url, { headers: BROWSER });
      expect(status).toBe(410);
      expect(text).toContain('it could not be started, at ');
      expect(text).toMatch(/<pre>\njamdev: The build failed \(exit code 1\)\.[^<]*\njamdev: typo in line 3\n/);
    });
  });

  describe('access', () => {
    test('an unknown backend gives 404 and the token of another 410, without details of either', async () => {
      const server = await startServer();
      const [a, b] = await Promise.all([server.connect(), server.connect({ key: 'secret-key' })]);
      const cases = [
        [`/ready/zzzzzzzzzzzzzz/${a.token}/`, 404, 'There is no backend'],
        [`/ready/${a.backend_id}/${b.token}/`, 410, 'unknown or has expired'],
        [`/ready/${a.backend_id}/${'x'.repeat(43)}/`, 410, 'unknown or has expired'],
        [`/ready/${a.backend_id}/${a.secret_token}/`, 410, 'unknown or has expired'],
        [`/ready/${a.backend_id}/`, 404, 'There is no endpoint'],
        ['/ready/', 404, 'There is no endpoint'],
        ['/ready/%zz/x', 400, 'could not be read'],
      ] as const;
      for (const [path, status, told] of cases) {
        const page = await send(server.apiUrl, { path, headers: BROWSER });
        expect(page, path).toMatchObject({ status, headers: { 'content-type': expect.stringContaining('text/html') } });
        expect(page.text, path).toContain(told);
        expect(page.text).not.toMatch(/secret-key|listening|Status:/);
        for (const { token } of [a, b]) expect(page.text).not.toContain(token);
        const json = await send(server.apiUrl, { path, headers: { accept: 'application/json' } });
        expect(json.json()).toMatchObject({ error: { status, message: expect.stringContaining(told) } });
      }
    });
  });
});
