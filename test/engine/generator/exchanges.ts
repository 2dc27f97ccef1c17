import fc from 'fast-check';
import type { Exchange } from '../stage/stage.js';
import { answerRest, bodylessAnswerRest, type MessageRest, requestRest } from './messages.js';

const METHODS = ['GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'];

const segment = fc.oneof(
  { weight: 3, arbitrary: fc.stringMatching(/^[a-zA-Z0-9_.~-]{1,10}$/) },
  fc.constantFrom('', '%20', '%2F', '%2f', '%00', '%C3%A9', 'a;b=c', "!$&'()*+,=:@", '..', '.'),
);
const query = fc.oneof(
  fc.constantFrom('', '?', '?a=b&a=c', '?%26=%3D', '?a?b/c', '?=&&'),
  fc.stringMatching(/^\?[a-z0-9=&%2B+._~-]{0,30}$/),
);
const target = fc
  .tuple(fc.array(segment, { maxLength: 4 }), query)
  .map(([segments, search]) => `{path}${segments.map((each) => `/${each}`).join('')}${search}`);

const STATUSES = [
  '200 OK',
  '200 OK',
  '200 OK',
  '201 Created',
  '206 Partial Content',
  '301 Moved Permanently',
  '302 Found',
];
const ERRORS = [
  '400 Bad Request',
  '404 Not Found',
  '418 I am a teapot',
  '429 Too Many Requests',
  '500 Oh no',
  '503 Service Unavailable',
  '599 x',
];
const BODYLESS = ['204 No Content', '304 Not Modified'];

const text = (start: string, { headers, body }: MessageRest, host: string[] = []) =>
  `${[start, ...host, ...headers].join('\r\n')}\r\n\r\n${body}`;

const answer = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom(...STATUSES, ...ERRORS), answerRest)
      .map(([status, rest]) => text(`HTTP/1.1 ${status}`, rest)),
  },
  fc.tuple(fc.constantFrom(...BODYLESS), bodylessAnswerRest).map(([status, rest]) => text(`HTTP/1.1 ${status}`, rest)),
);

/** Complete and valid requests and answers; invalid ones are in the tables, where each difference has a name. */
export const exchanges: fc.Arbitrary<Exchange> = fc
  .record({
    method: fc.constantFrom(...METHODS),
    target,
    request: requestRest,
    answer,
    user: fc.option(fc.constantFrom('ann', 'zoë', 'a b'), { nil: undefined, freq: 3 }),
  })
  .map(({ method, target: path, request, answer: reply, user }) => ({
    send: text(`${method} ${path} HTTP/1.1`, request, ['Host: {host}']),
    // The answer to HEAD ends after its head.
    answers: [{ pieces: [method === 'HEAD' ? reply.slice(0, reply.indexOf('\r\n\r\n') + 4) : reply] }],
    ...(user === undefined ? {} : { user }),
  }));
