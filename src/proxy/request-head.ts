import type { IncomingMessage } from 'node:http';
import type { JamdevError } from '../contract/errors/jamdev-error.js';
import { requestErrors } from '../contract/errors/request-errors.js';
import { MAX_TARGET_BYTES } from '../contract/limits.js';
import { readTransferCoding } from './transfer-coding.js';

/**
 * Finds the reason why a client's request can't be forwarded, even though Node.js could parse it.
 * @returns the error to answer with, or undefined if the request is fine
 */
export function findRequestFault(request: IncomingMessage): JamdevError | undefined {
  const { length } = request.url ?? '';
  if (length > MAX_TARGET_BYTES) return requestErrors.targetTooLong(length, MAX_TARGET_BYTES);
  const fault = findHeadFault(request);
  return fault === undefined ? undefined : requestErrors.requestNotHttp(fault);
}

function findHeadFault(request: IncomingMessage): string | undefined {
  const { httpVersion, method, rawHeaders, headers } = request;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return `its version is HTTP/${httpVersion}`;
  if (method === 'CONNECT') return 'CONNECT is for forward proxies only';
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  // HTTP/1.0 clients may omit the header.
  if (hosts === 0 && httpVersion === '1.1') return 'it has no Host header';
  if (hosts > 1) return `it has ${hosts} Host headers`;
  return 'transfer-encoding' in headers ? findCodingFault(request) : undefined;
}

function findCodingFault(request: IncomingMessage): string | undefined {
  const { headers, httpVersion } = request;
  if (httpVersion === '1.0') return 'HTTP/1.0 has no Transfer-Encoding';
  if ('content-length' in headers) return 'it has both Content-Length and Transfer-Encoding';
  const { kind } = readTransferCoding(request);
  return kind === 'chunked' ? undefined : 'its Transfer-Encoding does not end in "chunked", or has it twice';
}
