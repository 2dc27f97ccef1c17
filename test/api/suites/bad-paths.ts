import { afterEach, describe, expect, test } from 'vitest';
import { operationsOf } from '../../support/api/operations.js';
import type { ApiSuite } from '../../support/api/test-api.js';
import { expectRefusal } from '../../support/refusal.js';

/** Paths that do not exist. */
export const badPaths: ApiSuite = (target) => {
  const api = target.share();
  afterEach(async () => expect(await api().place.spawned()).toEqual([]));

  async function expectRefused(method: string, path: string, status: number, code: string, message: string) {
    expectRefusal(
      await api().send('/', { method, path, headers: { accept: 'application/json' } }),
      status,
      code,
      message,
    );
  }

  describe('HTTP API: invalid names in a path are refused on every endpoint and in every position', () => {
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
      for (const { method, path } of await operationsOf(api())) {
        for (const [parameter] of path.matchAll(/:\w+/g)) {
          const filled = path.replace(parameter, part).replace(/:\w+/g, '-');
          await expectRefused(method.toUpperCase(), filled, 400, 'InvalidRequest', message);
          places += 1;
        }
      }
      expect(places).toBeGreaterThan(18);
    });
  });

  describe('HTTP API: an unknown backend id', () => {
    test.each([
      ['nosuchbackend1', '"nosuchbackend1"'],
      ['..%2f..%2fetc%2fpasswd', '"../../etc/passwd"'],
      ['%F0%9F%A6%8A', '"🦊"'],
      ['__proto__', '"__proto__"'],
      ['constructor', '"constructor"'],
      ['%0a%1b%5b2J', '"\\n\\u001b[2J"'],
      ['x'.repeat(10_000), `"${'x'.repeat(77)}..." (10000 characters)`],
    ])('%s', async (id, shown) => {
      const named = (await operationsOf(api())).filter(({ path }) => /:(id|backend)/.test(path));
      expect(named.length).toBeGreaterThanOrEqual(8);
      for (const { method, path } of named) {
        const message = `There is no backend ${shown}. To list the backends: npx jamdev list`;
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

  test('HTTP API: query parameters of other endpoints are ignored', async () => {
    for (const query of ['', '?', '?%zz', '?r=0.5', '?a[b]=c&a=d', `?${'x'.repeat(8_000)}`, '?__proto__=x']) {
      const answer = await api().send('/', { path: `/auth${query}` });
      expect(answer.json(), query).toMatchObject({ status: 'ok' });
    }
  });
};
