import { expect, test } from 'vitest';
import type { ApiSuite } from '../../support/api/test-api.js';
import { expectRefusal } from '../../support/refusal.js';

/** The size limits of `user` and `auth`. */
export const largeIdentity: ApiSuite = (target) => {
  test.each([
    ['/v2/service/-/-/connect', 900_000],
    ['/v2/service/-/-/connect', 8_192],
    ['/v2/service/-/-/staging/connect', 8_192],
  ])('POST %s with %d bytes of auth is refused at once, and starts nothing', async (path, bytes) => {
    const api = await target.open();
    const answer = await api.post(path, { user: 'ann', auth: { data: 'x'.repeat(bytes) } });
    expectRefusal(
      answer,
      400,
      'InvalidRequest',
      new RegExp(`\\(3 bytes\\).*\\(${bytes + 11} bytes as JSON\\).*8192 bytes`),
    );
    expect(await api.place.spawned()).toEqual([]);
  });
};
