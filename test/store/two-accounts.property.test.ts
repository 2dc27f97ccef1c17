import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseApiToken } from '../../src/store/api-token.js';
import { authenticate, createToken, listTokens, revokeTokens } from '../../src/store/api-tokens.js';
import { listAudit } from '../../src/store/audit.js';
import { findLog, saveLog } from '../../src/store/backend-logs.js';
import { countLive, findBackend, insertBackend, listLive } from '../../src/store/backends.js';
import { findEnvironment, listEnvironments, pinImage } from '../../src/store/environments.js';
import { liveHolders } from '../../src/store/holders.js';
import { addImage, listImages, newestImage } from '../../src/store/images.js';
import { createService, deleteService, findService, listServices } from '../../src/store/services.js';
import type { Store } from '../../src/store/tables.js';
import { describePostgres, openTestStore, usePostgres } from '../support/postgres.js';
import { newBackend } from './support.js';

const SERVICES = ['doc', 'chat'] as const;
const KEYS = ['doc-1', 'doc-2'] as const;

/** Actions of an account; each writes the account's name, or an id that begins with it. */
const ACTIONS: Record<
  string,
  (store: Store, account: string, service: string, key: string, id: string) => Promise<unknown>
> = {
  connect: (store, account, service, key, id) => insertBackend(store, newBackend({ id, account, service, key })),
  connectWithLog: async (store, account, service, key, id) => {
    await insertBackend(store, newBackend({ id, account, service, key }));
    await saveLog(store, id, { content: Buffer.from(id), isCut: false });
  },
  create: (store, account, service) => createService(store, { account, service, actor: account }),
  delete: (store, account, service) => deleteService(store, { account, service, actor: account }),
  push: (store, account, service, key, id) =>
    addImage(store, { account, service, digest: id, tag: key, pushedAt: new Date(), eventId: id, actor: account }),
  pin: (store, account, service, key, id) =>
    pinImage(store, { account, service, environment: key, image: id, actor: account }),
  createToken: (store, account) => createToken(store, { account, scopes: ['admin'], actor: account }),
  revokeAll: (store, account) => revokeTokens(store, { account, ids: undefined, actor: account }),
};

/** Everything that an account can read, including queries about what the other one has. */
async function see(store: Store, account: string, foreignIds: readonly string[]): Promise<unknown[]> {
  const places = SERVICES.flatMap((service) => KEYS.map((key) => ({ account, service, key })));
  return Promise.all([
    listLive(store, { account }),
    countLive(store, account),
    listServices(store, account),
    listTokens(store, account),
    listAudit(store, { account, limit: 1000 }),
    ...places.flatMap((place) => [
      liveHolders(store, [place]),
      listLive(store, place),
      findService(store, account, place.service),
      listEnvironments(store, account, place.service),
      findEnvironment(store, { ...place, environment: place.key }),
      listImages(store, account, place.service),
      newestImage(store, place),
      newestImage(store, { ...place, name: place.key }),
      ...foreignIds.map((id) => newestImage(store, { ...place, name: id })),
    ]),
    ...foreignIds.flatMap((id) => [findBackend(store, account, id), findLog(store, account, id)]),
  ]);
}

describePostgres('two accounts', () => {
  const postgres = usePostgres();

  test('with the same names for everything see and change nothing of each other, whatever they do', async () => {
    const store = await openTestStore(await postgres.createDatabase());
    let run = 0;
    const step = fc.record({
      by: fc.constantFrom(0, 1),
      action: fc.constantFrom(...Object.keys(ACTIONS)),
      service: fc.constantFrom(...SERVICES),
      key: fc.constantFrom(...KEYS),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        run += 1;
        const accounts = [`one${run}x`, `two${run}x`] as const;
        const ids: [string[], string[]] = [[], []];
        for (const [index, { by, action, service, key }] of steps.entries()) {
          const [account, other] = by === 0 ? accounts : [accounts[1], accounts[0]];
          const id = `${account}-${index}`;
          ids[by]?.push(id);
          const before = JSON.stringify(await see(store, other, ids[by] ?? []));
          await ACTIONS[action]?.(store, account, service, key, id);
          const after = JSON.stringify(await see(store, other, ids[by] ?? []));
          expect(after).toBe(before);
          expect(after).not.toContain(account);
        }
      }),
      { numRuns: 6 },
    );
  });

  test('cannot use tokens of each other', async () => {
    const store = await openTestStore(await postgres.createDatabase());
    const tokens = await Promise.all(
      ['one', 'two'].map((account) => createToken(store, { account, scopes: ['admin'], actor: account })),
    );
    const [one, two] = tokens.map((token) => parseApiToken(token));
    if (one === undefined || two === undefined) throw new Error('no tokens');
    expect((await authenticate(store, [one]))[0]?.account).toBe('one');
    expect(await authenticate(store, [{ id: two.id, secret: one.secret }])).toEqual([undefined]);
  });
});
