import type { Difference } from './compare.js';

/** Whether a difference is of a kind that docs/differences.md may list for many scenarios at once. */
type Kind = (difference: Difference) => boolean;

const answerOf = (path: string) => /\banswers\.\d+\.(headers\.[a-z-]+|body|framing)$/.test(path);

/** By the names that the table uses. Each explains as little as possible. */
export const KINDS: Record<string, Kind> = {
  'header-case': ({ path }) => path.endsWith('.(case)'),
  'header-order': ({ path }) => path.endsWith('.(order)'),
  /** Only this value, because others would have another meaning for the connection. */
  'keep-alive': ({ path, plane, jamdev }) =>
    /\banswers\.\d+\.headers\.connection$/.test(path) && JSON.stringify([plane, jamdev]) === '[[],["keep-alive"]]',
  'client-keep-alive': ({ path, plane, jamdev }) =>
    /backend\.\d+\.headers\.connection$/.test(path) &&
    Array.isArray(plane) &&
    plane.every((each) => /^keep-alive$/i.test(each)) &&
    JSON.stringify(jamdev) === '[]',
  'cors-authorization': ({ path, plane, jamdev }) =>
    /headers\.access-control-allow-headers$/.test(path) &&
    JSON.stringify([plane, jamdev]) === '[["*"],["*, Authorization"]]',
  'cors-own': ({ path, plane }) =>
    /headers\.access-control-allow-(origin|methods|headers)$/.test(path) && JSON.stringify(plane) === '["*"]',
  /** The status is the same, and jamdev's answer has a body that says what is wrong. */
  'error-body': ({ path, plane, jamdev }) =>
    answerOf(path) &&
    ((/headers\.(content-type|cache-control|x-content-type-options)$/.test(path) && JSON.stringify(plane) === '[]') ||
      (/headers\.content-length$/.test(path) && ['[]', '["0"]'].includes(JSON.stringify(plane))) ||
      (path.endsWith('.framing') && jamdev === 'length') ||
      (path.endsWith('.body') && plane === '' && isErrorBody(jamdev))),
  /** Only in answers of its own; both pass on these headers in answers of backends. */
  'error-headers': ({ path, plane, jamdev }) => {
    const name = /\banswers\.\d+\.headers\.([a-z-]+)$/.exec(path)?.[1] ?? '';
    return isSame(plane, []) && isSame(jamdev, [OWN_HEADERS[name]]);
  },
  closing: ({ path, plane, jamdev }) =>
    /\banswers\.\d+\.headers\.connection$/.test(path) && isSame(plane, []) && isSame(jamdev, ['close']),
  /** Consequences of passing a request on or not; a row that names this kind names the status lines as well. */
  'not-passed-on': ({ path, plane, jamdev }) =>
    (/\bbackend\.\d+$/.test(path) && jamdev === undefined) ||
    (/\banswers\.\d+\.headers\.x-plane-backend-id$/.test(path) && isSame(jamdev, [])) ||
    (/\banswers\.\d+\.headers\.content-length$/.test(path) && isSame(plane, ['2'])) ||
    (/\banswers\.\d+\.body$/.test(path) && plane === 'ok' && isErrorBody(jamdev)),
  'passed-on': ({ path, plane, jamdev }) =>
    (/\bbackend\.\d+$/.test(path) && plane === undefined) ||
    (/\banswers\.\d+\.headers\.x-plane-backend-id$/.test(path) && isSame(plane, [])) ||
    (/\banswers\.\d+\.headers\.content-length$/.test(path) && isSame(jamdev, ['2'])) ||
    (/\banswers\.\d+\.body$/.test(path) && plane === '' && jamdev === 'ok'),
  'hop-by-hop-request': ({ path, jamdev }) => /\bbackend\.\d+\./.test(path) && isHopByHop(path) && isSame(jamdev, []),
  'hop-by-hop-answer': ({ path, jamdev }) =>
    /\banswers\.\d+\./.test(path) && isHopByHop(path) && (isSame(jamdev, []) || isSame(jamdev, ['keep-alive'])),
};

const OWN_HEADERS: Record<string, string | undefined> = {
  server: '<proxy>',
  'access-control-allow-origin': '*',
  'access-control-allow-methods': '*',
  'access-control-allow-headers': '*, Authorization',
};

function isHopByHop(path: string): boolean {
  return /\.headers\.(connection|keep-alive|te|trailer|upgrade|proxy-connection|http2-settings)$/.test(path);
}

function isSame(value: unknown, other: unknown[]): boolean {
  return JSON.stringify(value) === JSON.stringify(other);
}

function isErrorBody(body: unknown): boolean {
  return typeof body === 'string' && /^\{"error":\{"message":"/.test(body);
}
