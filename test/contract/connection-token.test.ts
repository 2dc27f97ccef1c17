import { describe, expect, test } from 'vitest';
import { isStaticToken, isTokenShaped, withoutTokens } from '../../src/contract/connection-token.js';

const TOKEN = 'ClpYXET8OA-ie7ufWFHE5y0Q-NbghE04niQ2fwBZe40';

describe('Proxy: tokens', () => {
  test.each([TOKEN, `s.${TOKEN}`, '_'.repeat(43)])('%s has the form of a token', (text) => {
    expect(isTokenShaped(text)).toBe(true);
  });

  test.each(['', 'app.js', TOKEN.slice(1), `${TOKEN}x`, `S.${TOKEN}`, `s.s.${TOKEN}`, `${TOKEN}\n`, 's.', `.${TOKEN}`])(
    '%j does not',
    (text) => {
      expect(isTokenShaped(text)).toBe(false);
    },
  );

  test('a static token is recognized by its prefix', () => {
    expect(isStaticToken(`s.${TOKEN}`)).toBe(true);
    expect(isStaticToken(TOKEN)).toBe(false);
    expect(isStaticToken('s')).toBe(false);
  });

  test.each([
    [`GET /${TOKEN}/a`, 'GET /TOKEN/a'],
    [`"s.${TOKEN}"`, '"TOKEN"'],
    [`${TOKEN} ${TOKEN}`, 'TOKEN TOKEN'],
    [`token=${TOKEN}&x`, 'token=TOKEN&x'],
    [`?next=http%3A%2F%2Flocalhost%3A9090%2F${TOKEN}%2F`, '?next=http%3A%2F%2Flocalhost%3A9090%2FTOKEN%2F'],
    [`%2fs.${TOKEN}%2f`, '%2fTOKEN%2f'],
    [`${TOKEN}x`, `${TOKEN}x`],
    ['a'.repeat(64), 'a'.repeat(64)],
    ['nothing here', 'nothing here'],
  ])('%s is shown as %s', (text, shown) => {
    expect(withoutTokens(text)).toBe(shown);
  });
});
