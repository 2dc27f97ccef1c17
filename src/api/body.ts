import { isUtf8 } from 'node:buffer';
import express, { type Request, type RequestHandler, type Response } from 'express';
import { requestErrors } from '../contract/errors/request-errors.js';
import { MAX_API_BODY_BYTES } from '../contract/limits.js';

/**
 * Reads a JSON body into `request.body`, regardless of its content type, since scripts often send JSON without one. The
 * guard blocks forms of other sites. Must be called as soon as the request arrives: once the client has closed its side
 * of the connection, express.json() treats the request as one without a body, although all or part of it may have
 * arrived.
 * @throws errors that {@link toKnownError} recognizes
 */
export function readBody(request: Request, response: Response): Promise<void> {
  if (isUsual(request)) return readUsual(request);
  return new Promise((resolve, reject) => {
    makeReader()(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)));
  });
}

/**
 * Discards the rest of a body that {@link readBody} is reading, so that a refused client can't fill the memory and the
 * connection can be used for the next request.
 */
export function dropBody(request: Request): void {
  request.unpipe();
  request.removeAllListeners('data');
  request.resume();
}

/** Whether a body is in the usual form: small, of a known length, and neither compressed nor in another charset. */
function isUsual({ headers }: Request): boolean {
  const { 'content-type': type, 'content-length': length = '', 'content-encoding': encoding } = headers;
  if (encoding !== undefined || 'transfer-encoding' in headers || !/^[1-9]\d{0,4}$/.test(length)) return false;
  return type === undefined || /^application\/json(?:; ?charset=utf-8)?$/i.test(type);
}

/** Does the same as the reader of {@link makeReader}, in a tenth of the time. */
function readUsual(request: Request): Promise<void> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.once('end', () => {
      try {
        request.body = parseJson(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
        resolve();
      } catch (error) {
        reject(error);
      }
    });
    request.once('close', () => {
      if (!request.complete) reject(requestErrors.bodyUnreadable('request aborted'));
    });
  });
}

function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw requestErrors.bodyUnreadable(NOT_UTF8);
  const text = bytes.toString().replace(/^\ufeff/, '');
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw requestErrors.invalidJson(error.message);
    throw error;
  }
}

const NOT_UTF8 = 'it is not UTF-8';

/**
 * Creates a reader for an unusual body. These are rare, so each gets its own reader, and Express is not loaded before.
 */
function makeReader(): RequestHandler {
  return express.json({
    limit: MAX_API_BODY_BYTES,
    type: () => true,
    strict: false,
    // Otherwise invalid UTF-8 would become replacement characters, and two different keys could become the same.
    verify: (_request, _response, body, encoding) => {
      if (encoding === 'utf-8' && !isUtf8(body)) throw new Error(NOT_UTF8);
    },
  });
}
