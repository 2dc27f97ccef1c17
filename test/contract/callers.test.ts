import { expect, test } from 'vitest';
import { type CallerHeaders, identifyCaller } from '../../src/contract/callers.js';

/** Port 9090 serves pages of backends. */
function kindOf(headers: CallerHeaders): string {
  return identifyCaller(headers, ({ port }) => port === 9090).kind;
}

const OWN = 'http://localhost:3000';
const BACKEND = 'http://localhost:9090';
const FOREIGN = 'https://evil.example';

test.each<[CallerHeaders, string]>([
  [{}, 'program'],
  [{ referer: '' }, 'program'],
  [{ origin: OWN }, 'own-page'],
  [{ origin: BACKEND }, 'backend-page'],
  [{ origin: 'http://abc.localhost:9090' }, 'backend-page'],
  [{ origin: 'http://127.0.0.1:9090' }, 'backend-page'],
  [{ origin: FOREIGN }, 'foreign-page'],
  [{ origin: 'null' }, 'foreign-page'],
  [{ origin: '' }, 'foreign-page'],
  [{ origin: `${OWN}, ${FOREIGN}` }, 'foreign-page'],
  // The Origin says more than the other headers, and a page can't set any of them.
  [{ origin: OWN, 'sec-fetch-site': 'same-site' }, 'own-page'],
  [{ origin: OWN, 'sec-fetch-site': 'cross-site', referer: FOREIGN }, 'own-page'],
  [{ origin: FOREIGN, 'sec-fetch-site': 'same-origin' }, 'foreign-page'],
  [{ 'sec-fetch-site': 'none' }, 'program'],
  [{ 'sec-fetch-site': 'same-origin' }, 'program'],
  [{ 'sec-fetch-site': 'same-site' }, 'foreign-page'],
  [{ 'sec-fetch-site': 'cross-site' }, 'foreign-page'],
  [{ 'sec-fetch-site': '' }, 'foreign-page'],
  [{ 'sec-fetch-site': 'same-origin, cross-site' }, 'foreign-page'],
  [{ 'sec-fetch-site': 'something-new' }, 'foreign-page'],
  [{ 'sec-fetch-site': 'none', referer: `${FOREIGN}/page` }, 'program'],
  [{ referer: `${FOREIGN}/page` }, 'foreign-page'],
  [{ referer: `${BACKEND}/TOKEN/` }, 'backend-page'],
  [{ referer: `${OWN}/room/1?x` }, 'own-page'],
  [{ referer: 'about:blank' }, 'foreign-page'],
  [{ referer: 'no url' }, 'foreign-page'],
])('%j is a %s', (headers, kind) => {
  expect(kindOf(headers)).toBe(kind);
});
