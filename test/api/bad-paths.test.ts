import { afterEach, describe, expect, test } from 'vitest';
import { endpointsOf } from '../support/described-api.js';
import { shareServer } from '../support/dev-server.js';
import { send } from '../support/http.js';
import { expectRefusal } from '../support/refusal.js';

const server = shareServer();
afterEach(() => expect(server().parts.platform.backends).toEqual([]));

async function expectRefused(method: string, path: string, status: number, code: string, message: string) {
  expectRefusal(
    await send(server().apiUrl, { method, path, headers: { accept: 'application/json' } }),
    status,
    code,
    message,
  );
}

describe('HTTP API: what can not stand in a path is refused, on every endpoint and in every place', () => {
  const failed = (part: string) =>
    `The path could not be read: Failed to decode param '${part}'. Encode it as UTF-8, "%" as %25.`;

  test.each([
    ['%zz', failed('%zz')],
    ['%', failed('%')],
    ['50%', failed('50%')],
    ['%u0041', failed('%u0041')],
    ['%ff', failed('%ff')],
    ['%c0%af', failed('%c0%af')],
    ['%ed%a0%bd', failed('%ed%a0%bd')],
    ['%00', 'The path could not be read: it contains a NUL. Encode it as UTF-8, "%" as %25.'],
    ['a%00b', 'The path could not be read: it contains a NUL. Encode it as UTF-8, "%" as %25.'],
  ])('%s', async (part, message) => {
    let places = 0;
    for (const { method, path } of endpointsOf(server())) {
      for (const [parameter] of path.matchAll(/:\w+/g)) {
        const filled = path.replace(parameter, part).replace(/:\w+/g, '-');
        await expectRefused(method.toUpperCase(), filled, 400, 'InvalidRequest', message);
        places += 1;
      }
    }
    expect(places).toBeGreaterThan(18);
  });
});

describe('HTTP API: an id that no backend has', () => {
  test.each([
    ['nosuchbackend1', '"nosuchbackend1"'],
    ['..%2f..%2fetc%2fpasswd', '"../../etc/passwd"'],
    ['%F0%9F%A6%8A', '"🦊"'],
    ['__proto__', '"__proto__"'],
    ['constructor', '"constructor"'],
    ['%0a%1b%5b2J', '"\\n\\u001b[2J"'],
    ['x'.repeat(10_000), `"${'x'.repeat(77)}..." (10000 characters)`],
  ])('%s', async (id, shown) => {
    const named = endpointsOf(server()).filter(({ path }) => /:(id|backend)/.test(path));
    expect(named.length).toBeGreaterThanOrEqual(8);
    for (const { method, path } of named) {
      const message = `There is no backend ${shown}. List the backends: npx jamdev list`;
      await expectRefused(
        method.toUpperCase(),
        path.replace(/:(id|backend)/, id).replace(/:\w+/g, '-'),
        404,
        'BackendNotFound',
        message,
      );
    }
  });
});

describe('jamdev’s own: GET /_jamdev/logs', () => {
  test.each([
    ['tail=x', '"tail" must be a whole number, not "x".'],
    ['tail=', '"tail" must be a whole number, not "".'],
    ['tail=-1', '"tail" must be a whole number, not "-1".'],
    ['tail=1.5', '"tail" must be a whole number, not "1.5".'],
    ['tail=1e3', '"tail" must be a whole number, not "1e3".'],
    ['tail=9999999999', '"tail" must be a whole number, not "9999999999".'],
    ['tail=%00', '"tail" must be a whole number, not "\\u0000".'],
    ['tail=1&tail=2', '"tail" must be a string, not a list.'],
    ['follow=maybe', '"follow" must be "true" or "false", not "maybe".'],
    ['follow', '"follow" must be "true" or "false", not "".'],
    ['follow=true&follow=false', '"follow" must be "true" or "false", not a list.'],
    ['backend=a&backend=b', '"backend" must be a string, not a list.'],
  ])('?%s', async (query, message) => {
    await expectRefused('GET', `/_jamdev/logs?${query}`, 400, 'InvalidRequest', message);
  });

  test.each([
    ['backend=nobody', 'There are no logs of a backend or key "nobody". See: npx jamdev list'],
    ['backend=', 'There are no logs of a backend or key "". See: npx jamdev list'],
    ['backend=..%2f..', 'There are no logs of a backend or key "../..". See: npx jamdev list'],
    ['backend=%zz', 'There are no logs of a backend or key "%zz". See: npx jamdev list'],
  ])('?%s', async (query, message) => {
    await expectRefused('GET', `/_jamdev/logs?${query}`, 404, 'BackendNotFound', message);
  });
});

test('HTTP API: whatever stands in the query of the others is ignored', async () => {
  for (const query of ['', '?', '?%zz', '?r=0.5', '?a[b]=c&a=d', `?${'x'.repeat(8_000)}`, '?__proto__=x']) {
    const answer = await send(server().apiUrl, { path: `/auth${query}` });
    expect(answer.json(), query).toMatchObject({ status: 'ok' });
  }
});
