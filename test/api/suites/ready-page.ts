import { describe, expect, test } from 'vitest';
import { readyStatusSchema } from '../../../src/contract/responses.js';
import type { ApiSuite } from '../../support/api/test-api.js';
import { openSocket, send } from '../../support/http.js';

const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
const JSON_ONLY = { accept: 'application/json' };

/** The pages at `ready_url`, which are requested without an API token. */
export const readyPage: ApiSuite = (target) => {
  describe('HTTP API: ready_url', () => {
    test('shows the status and reloads while the backend does not answer', async () => {
      const api = await target.open();
      const { ready_url, url, token, backend_id: id } = await api.connect({ life: { listen: 'never' } });
      await api.untilStatus(id, 'waiting');
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
      expect(page.text).toContain(`The backend &quot;${id}&quot; is running, but does not answer yet.`);
      expect(page.text).toContain('<p>Status: waiting, since ');
      expect(page.text).toContain('<meta http-equiv="refresh" content="1">');
      expect(page.text).not.toContain(token);
      expect(page.text).not.toContain('<script');
      const waiting = await send(ready_url, { headers: JSON_ONLY });
      expect(waiting.headers['content-type']).toBe('application/json');
      const { time } = await api.status(id);
      expect(readyStatusSchema.strict().parse(waiting.json())).toEqual({
        backend_id: id,
        status: 'waiting',
        time,
        url,
      });
    });

    test('redirects to the connection URL, also without a trailing slash and for HEAD', async () => {
      const api = await target.open();
      const { ready_url, url } = await api.connectUntilReady();
      for (const method of ['GET', 'HEAD']) {
        for (const each of [ready_url, ready_url.slice(0, -1)]) {
          const answer = await send(each, { method, headers: { accept: '*/*' } });
          expect(answer).toMatchObject({
            status: 302,
            headers: { location: url, 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' },
            text: '',
          });
        }
      }
      expect((await send(ready_url, { headers: JSON_ONLY })).json()).toMatchObject({ status: 'ready', url });
    });

    test('says that a backend is ending, and later how it ended', async () => {
      const api = await target.open();
      const { ready_url, token, backend_id: id } = await api.connectUntilReady({ life: { onSigterm: 'ignore' } });
      await api.terminate(id, false);
      await api.untilStatus(id, 'terminating');
      const page = await send(ready_url, { headers: BROWSER });
      expect(page.status).toBe(200);
      expect(page.text).toContain(`The backend &quot;${id}&quot; is ending.`);
      expect(page.text).toContain('This page says how it ended as soon as it has.');
      await api.terminate(id, true);
      await api.untilStatus(id, 'terminated');
      const ended = await send(ready_url, { headers: BROWSER });
      expect(ended).toMatchObject({ status: 410, headers: { 'content-type': 'text/html; charset=utf-8' } });
      expect(ended.text).toContain(`The backend &quot;${id}&quot; has ended: on request`);
      expect(ended.text).not.toContain('http-equiv="refresh"');
      expect(ended.text).not.toContain(token);
      expect((await send(ready_url, { headers: JSON_ONLY })).json()).toMatchObject({
        error: { status: 410, code: 'BackendEnded' },
      });
    });

    test('says that a backend has crashed', async () => {
      const api = await target.open();
      const { ready_url, backend_id: id } = await api.connect({ life: { exit: 4 } });
      await api.untilStatus(id, 'terminated');
      const page = await send(ready_url, { headers: BROWSER });
      expect(page.status).toBe(410);
      expect(page.text).toContain(`The backend &quot;${id}&quot; has ended: crashed`);
    });

    test('an unknown backend gives 404 and an unknown token 410, without details of either', async () => {
      const api = await target.open();
      const { token, backend_id: id } = await api.connectUntilReady({ key: 'secret-key' });
      const cases = [
        [`/ready/zzzzzzzzzzzzzz/${token}/`, 404, 'There is no backend'],
        [`/ready/${id}/x.y/`, 410, 'unknown or has expired'],
        [`/ready/${id}/`, 404, 'There is no endpoint'],
        ['/ready/', 404, 'There is no endpoint'],
        ['/ready/%zz/x', 400, 'could not be read'],
      ] as const;
      for (const [path, status, said] of cases) {
        const page = await send(api.url, { path, headers: BROWSER });
        expect(page, path).toMatchObject({ status, headers: { 'content-type': expect.stringContaining('text/html') } });
        expect(page.text, path).toContain(said);
        expect(page.text).not.toMatch(/secret-key|listening|Status:/);
        expect(page.text).not.toContain(token);
        const json = await send(api.url, { path, headers: JSON_ONLY });
        expect(json.json()).toMatchObject({ error: { status, message: expect.stringContaining(said) } });
      }
      // Has the form of a token but is not one.
      const unknown = await send(api.url, { path: `/ready/${id}/${'x'.repeat(43)}/`, headers: JSON_ONLY });
      api.check('unknown.status', unknown.status, 410);
    });

    test('a link on any site can lead here, but no site can read it', async () => {
      const api = await target.open();
      const { ready_url } = await api.connectUntilReady();
      const fromLink = { ...BROWSER, referer: 'https://app.example/', 'sec-fetch-site': 'cross-site' };
      expect((await send(ready_url, { headers: fromLink })).status).toBe(302);
      const fromScript = await send(ready_url, { headers: { accept: 'text/html', origin: 'https://app.example' } });
      expect(fromScript.status).toBe(403);
      expect(fromScript.headers).not.toHaveProperty('access-control-allow-origin');
      const rebound = await send(ready_url, { headers: { ...BROWSER, host: 'rebound.example' } });
      expect(rebound.status).toBe(403);
      expect(rebound.text).toContain('allowedHosts');
    });

    test('other endpoints answer in JSON only', async () => {
      const api = await target.open();
      const answer = await api.send('/readyx', { headers: BROWSER });
      expect(answer).toMatchObject({ status: 404, headers: { 'content-type': 'application/json' } });
    });

    test('a client that disconnects causes no fault', async () => {
      const api = await target.open();
      const { ready_url } = await api.connect();
      const { socket } = await openSocket(api.url);
      socket.write(`GET ${new URL(ready_url).pathname} HTTP/1.1\r\nhost: localhost\r\n\r\n`, () =>
        socket.resetAndDestroy(),
      );
      expect((await send(ready_url)).status).toBeLessThan(400);
      expect(api.place.faults()).toEqual([]);
    });
  });
};
