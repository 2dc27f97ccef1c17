import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SCOPES } from '../../src/contract/accounts.js';
import { parseBasic } from '../../src/serve/basic-credentials.js';
import { type RegistryCaller, reduceScopes } from '../../src/serve/registry-grants.js';

const names = fc.constantFrom(
  'acme/doc',
  'acme/chat',
  'globex/doc',
  'acme',
  'acme/doc/x',
  'acmex/doc',
  '/doc',
  'catalog',
);
const asked = fc.array(
  fc.record({
    type: fc.constantFrom('repository', 'registry', 'other'),
    name: names,
    actions: fc.subarray(['pull', 'push', 'delete', '*']),
  }),
);
const account: fc.Arbitrary<RegistryCaller> = fc
  .subarray([...SCOPES])
  .map((scopes) => ({ kind: 'account', account: 'acme', scopes, actor: 'token:1' }));

test('whatever scopes are requested, an account gets only pull and push in its own repositories', () => {
  fc.assert(
    fc.property(account, asked, (caller, scopes) => {
      const allowed = caller.kind === 'account' ? caller.scopes : [];
      for (const { type, name, actions } of reduceScopes(caller, scopes).access) {
        expect([type, /^acme\/[a-z]+$/.test(name)]).toEqual(['repository', true]);
        const isDeployer = allowed.includes('deploy') || allowed.includes('admin');
        for (const action of actions) {
          expect(['pull', 'push']).toContain(action);
          expect(isDeployer || (action === 'pull' && allowed.includes('read'))).toBe(true);
        }
      }
    }),
  );
});

test('a drone gets only pull from its one repository', () => {
  fc.assert(
    fc.property(asked, (scopes) => {
      for (const granted of reduceScopes({ kind: 'pull', repository: 'acme/doc' }, scopes).access) {
        expect(granted).toEqual({ type: 'repository', name: 'acme/doc', actions: ['pull'] });
      }
    }),
  );
});

test('a refusal has a reason', () => {
  fc.assert(
    fc.property(account, asked, (caller, scopes) => {
      const { access, refusal } = reduceScopes(caller, scopes);
      const count = (list: { actions: string[] }[]) => list.reduce((sum, { actions }) => sum + actions.length, 0);
      expect(refusal === undefined).toBe(count(access) === count(scopes));
    }),
  );
});

test.each([
  [`Basic ${btoa('acme:a.b')}`, { username: 'acme', password: 'a.b' }],
  [`basic  ${btoa('acme:a:b')} `, { username: 'acme', password: 'a:b' }],
  [`Basic ${btoa('acme')}`, undefined],
  ['Bearer a.b', undefined],
  [undefined, undefined],
])('the credentials in %j', (header, expected) => {
  expect(parseBasic(header)).toEqual(expected);
});
