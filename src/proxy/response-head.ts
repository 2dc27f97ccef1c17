import type { IncomingMessage } from 'node:http';
import {
  connectionHeaderTest,
  findUnwritable,
  forEachHeader,
  hasControlCharacter,
  putLengthBehindDisposition,
} from './header-lines.js';
import { addOwnHeaders, type Signature } from './response-headers.js';
import { acceptsTrailers, mayTrail } from './trailers.js';
import { readTransferCoding, type TransferCoding } from './transfer-coding.js';
import { readOfferedProtocols } from './upgrade-offer.js';

/** The head of an answer in a form that Node.js can write. */
export interface ResponseHead {
  status: number;
  reason: string;
  headers: string[];
  /** Whether trailers may follow the body. */
  trailers: boolean;
  /** Whether the body ends with the connection, so that the client can't tell a part of it from the whole. */
  endsWithConnection: boolean;
}

/** The head of a backend's answer. */
export type AnswerHead = Pick<
  IncomingMessage,
  'statusCode' | 'statusMessage' | 'httpVersion' | 'headers' | 'rawHeaders'
>;

/** An answer of a backend that can't be forwarded. The message says why. */
export class InvalidAnswer extends Error {}

/**
 * Makes a writable head from a backend's answer. Every ordinary answer from a backend to a client passes through here.
 * Node.js parses more than it can write; it reports unwritable characters in headers itself.
 * @param request the client's request
 * @throws InvalidAnswer
 */
export function makeResponseHead(from: AnswerHead, request: IncomingMessage, signature: Signature): ResponseHead {
  const { statusCode: status = 0, statusMessage: reason = '' } = from;
  checkStatusLine(from);
  if (status === 101) throw new InvalidAnswer('it switches protocols (101) without naming one');
  const coding = readTransferCoding(from);
  if (coding.kind === 'invalid')
    throw new InvalidAnswer('its Transfer-Encoding has "chunked" in a place other than the end');
  const isBodyless = status === 204 || status === 304;
  const isOldClient = request.httpVersion === '1.0';
  if (coding.kind === 'unchunked' && isOldClient && !isBodyless) {
    throw new InvalidAnswer(`the client speaks HTTP/1.0, which has no Transfer-Encoding "${coding.value}"`);
  }
  const sendsCoding = coding.kind !== 'none' && !isBodyless && !isOldClient && request.method !== 'HEAD';
  const isChunked = sendsCoding && coding.kind === 'chunked';
  const trailers = isChunked && acceptsTrailers(request);
  const headers = copyHeaders(from, { coding: sendsCoding ? coding : { kind: 'none' }, trailers });
  const isUnchunked = sendsCoding && coding.kind === 'unchunked';
  if (isUnchunked) headers.push('Connection', 'close');
  const endsWithConnection = isUnchunked || (isOldClient && from.headers['content-length'] === undefined);
  addOwnHeaders(headers, signature);
  return { status, reason, headers: putLengthBehindDisposition(headers), trailers, endsWithConnection };
}

/** Makes the bytes of a `101 Switching Protocols`. @throws InvalidAnswer */
export function makeSwitchHead(from: AnswerHead, request: IncomingMessage, signature: Signature): Buffer {
  checkStatusLine(from);
  const offered = readOfferedProtocols(request).map((protocol) => protocol.toLowerCase());
  const chosen = (from.headers.upgrade ?? '').split(',').map((protocol) => protocol.trim().toLowerCase());
  const foreign = chosen.find((protocol) => !offered.includes(protocol));
  if (foreign !== undefined)
    throw new InvalidAnswer(`it switches to the protocol "${foreign}", which the client did not request`);
  const headers = ['Upgrade', from.headers.upgrade ?? '', 'Connection', 'Upgrade', ...copyHeaders(from, undefined)];
  addOwnHeaders(headers, signature);
  // Node.js sets the date itself on all other answers.
  if (from.headers.date === undefined) headers.push('Date', new Date().toUTCString());
  const fault = findUnwritable(headers);
  if (fault !== undefined) throw new InvalidAnswer(fault);
  let text = `HTTP/1.1 101 ${from.statusMessage}\r\n`;
  for (let index = 0; index < headers.length; index += 2) text += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}

function checkStatusLine({ statusCode: status = 0, statusMessage: reason = '', httpVersion }: AnswerHead): void {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') throw new InvalidAnswer(`its version is HTTP/${httpVersion}`);
  if (status < 100) throw new InvalidAnswer(`its status is ${String(status).padStart(3, '0')}`);
  if (hasControlCharacter(reason)) throw new InvalidAnswer('its reason phrase has a control character');
}

/** @param framing which of the headers that mark the end of the body to keep; undefined for none */
function copyHeaders(from: AnswerHead, framing: { coding: TransferCoding; trailers: boolean } | undefined): string[] {
  const {
    rawHeaders,
    headers: { connection },
    statusCode,
  } = from;
  const headers: string[] = [];
  const isConnectionHeader = connectionHeaderTest(connection);
  let codingSent = false;
  forEachHeader(rawHeaders, (lowerCaseName, value, name) => {
    if (lowerCaseName === 'upgrade' && statusCode === 426) headers.push(name, value);
    if (isConnectionHeader(lowerCaseName)) return;
    if (lowerCaseName === 'x-plane-backend-id') return;
    if (lowerCaseName === 'transfer-encoding') {
      if (framing !== undefined && 'value' in framing.coding && !codingSent) headers.push(name, framing.coding.value);
      codingSent = true;
    } else if (lowerCaseName === 'trailer') {
      const announced = value
        .split(',')
        .map((each) => each.trim())
        .filter((each) => mayTrail(each.toLowerCase()));
      if (framing?.trailers && announced.length > 0) headers.push(name, announced.join(', '));
    } else if (lowerCaseName === 'content-length') {
      if (framing !== undefined && statusCode !== 204 && statusCode !== 304) headers.push(name, value);
    } else {
      headers.push(name, value);
    }
  });
  return headers;
}
