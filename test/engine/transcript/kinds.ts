import type { Difference } from './compare.js';

/** Whether a difference is of a kind that docs/differences.md may list for many scenarios at once. */
type Kind = (difference: Difference) => boolean;

const answerOf = (path: string) => /\banswers\.\d+\.(headers\.[a-z-]+|body|framing)$/.test(path);

/** By the names under which the table lists them. Each explains as little as it can. */
export const KINDS: Record<string, Kind> = {
  'header-case': ({ path }) => path.endsWith('.(case)'),
  'header-order': ({ path }) => path.endsWith('.(order)'),
  /** Only this value: others would say something else about the connection. */
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
  /** The status is the same; jamdev's answer has a body that says what is wrong. */
  'error-body': ({ path, plane, jamdev }) =>
    answerOf(path) &&
    ((/headers\.(content-type|cache-control|x-content-type-options)$/.test(path) && JSON.stringify(plane) === '[]') ||
      (/headers\.content-length$/.test(path) && ['[]', '["0"]'].includes(JSON.stringify(plane))) ||
      (path.endsWith('.framing') && jamdev === 'length') ||
      (path.endsWith('.body') && plane === '' && isErrorBody(jamdev))),
};

function isErrorBody(body: unknown): boolean {
  return typeof body === 'string' && /^\{"error":\{"message":"/.test(body);
}
