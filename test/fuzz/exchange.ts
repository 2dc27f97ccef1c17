import fc from 'fast-check';
import { HTTP_STATUS_OF } from '../../src/contract/errors/error-codes.js';
import { type AnswerScript, answerScripts } from './grammar/answer.js';
import { type ClientScript, clientScripts } from './grammar/request.js';
import { type HttpMessage, readMessage, statusOf, valuesOf } from './http-reader.js';

/** A request as a client sends it, and the backend's answer to it. */
export interface Exchange {
  /** The index of its backend. */
  backend: number;
  client: ClientScript;
  answer: AnswerScript;
}

/** @param backends how many there are */
export function exchanges(backends: number): fc.Arbitrary<Exchange> {
  return clientScripts.chain((client) =>
    fc.record({
      backend: fc.nat(backends - 1),
      client: fc.constant(client),
      answer: answerScripts(/^upgrade:/im.test(client.head)),
    }),
  );
}

/** What the client must receive if both sides follow HTTP/1.1 so strictly that the proxy has no choice. */
export interface ExpectedAnswer {
  status: number;
  body: string;
}

/** Larger heads may be refused on either side. */
const SURE_HEAD_BYTES = 60 * 1024;

/** @returns undefined if one side violates HTTP/1.1 or leaves: then the result is up to the proxy */
export function expectedAnswer({ client, answer }: Exchange): ExpectedAnswer | undefined {
  if (client.leave !== null || answer.ending === 'reset' || client.head.length > SURE_HEAD_BYTES) return undefined;
  const request = readMessage(`${client.head}${client.body}`, {
    isAnswer: false,
    bodyless: () => false,
    closed: false,
  });
  if (request.kind !== 'message' || request.rest !== '' || client.method === 'CONNECT') return undefined;
  // Readers differ in how they interpret an interim answer's headers about the connection.
  if (/^HTTP\/1\.1 1(?!01)\d\d [^\r]*\r\n(?:[^\r]+\r\n)*Connection:/i.test(answer.text)) return undefined;
  const { answers, rest, invalid } = readAnswers(answer.text, client.method, answer.ending !== 'keep');
  const [final, more] = answers;
  if (invalid !== undefined || final === undefined || more !== undefined) return undefined;
  if (answer.text.length - final.body.length - rest.length > SURE_HEAD_BYTES) return undefined;
  if (statusOf(final.startLine) === 101) {
    const offered = /\r\nUpgrade: (websocket|foo)\r\nConnection: Upgrade\r\n/.exec(client.head)?.[1];
    const isOffered = valuesOf(final.headers, 'upgrade')[0]?.toLowerCase() === offered;
    // A request with a body is served as a plain request.
    const announces = /^(?:transfer-encoding|content-length):/im.test(client.head);
    const agreed = isOffered && !announces && !/HTTP\/1.1 101.*HTTP\/1.1 101/s.test(answer.text);
    const names = valuesOf(final.headers, 'upgrade').length === 1 && valuesOf(final.headers, 'connection').length === 1;
    return agreed && names ? { status: 101, body: rest } : undefined;
  }
  return rest === '' ? { status: statusOf(final.startLine), body: final.body } : undefined;
}

export interface Answers {
  /** Final answers, including an accepted upgrade. */
  answers: HttpMessage[];
  /** What follows them: half an answer, or data of an accepted upgrade. */
  rest: string;
  /** Data that no strict reader can parse. */
  invalid: string | undefined;
}

/** Reads everything received on a connection as answers, without interim ones. */
export function readAnswers(text: string, method: string, closed: boolean): Answers {
  const answers: HttpMessage[] = [];
  let rest = text;
  while (rest !== '') {
    const isHead = method === 'HEAD' && answers.length === 0;
    const reading = readMessage(rest, {
      isAnswer: true,
      closed,
      bodyless: (startLine) => isHead || [204, 304].includes(statusOf(startLine)) || statusOf(startLine) < 200,
    });
    if (reading.kind === 'invalid') return { answers, rest, invalid: reading.reason };
    if (reading.kind === 'incomplete') break;
    const status = statusOf(reading.message.startLine);
    rest = reading.rest;
    if (status >= 200 || status === 101) answers.push(reading.message);
    if (status === 101) break;
  }
  return { answers, rest, invalid: undefined };
}

/** The code of an answer made by jamdev itself, as JSON or as a page; undefined: it is neither. */
export function ownCode({ startLine, headers, body }: HttpMessage): string | undefined {
  const status = statusOf(startLine);
  const type = valuesOf(headers, 'content-type')[0] ?? '';
  let code: string | undefined;
  if (type === 'application/json') code = /"status":\d+,"code":"([A-Za-z]+)","id":"[0-9a-f]{12}"/.exec(body)?.[1];
  if (type.startsWith('text/html')) code = /jamdev: \d+ ([A-Za-z]+), [0-9a-f]{12}/.exec(body)?.[1];
  const known: Record<string, number> = HTTP_STATUS_OF;
  return code !== undefined && known[code] === status ? code : undefined;
}
