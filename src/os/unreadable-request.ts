import { randomBytes } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { errorBody } from '../contract/errors/error-body.js';
import type { JamdevError } from '../contract/errors/jamdev-error.js';
import { requestErrors } from '../contract/errors/request-errors.js';
import { MAX_API_HEAD_BYTES } from '../contract/limits.js';
import { requestEventsOf } from './request-events.js';

/** How long to keep reading a connection after the response, for a client that is still sending. */
const LINGER_MS = 5_000;

const LATEST_RESPONSE = Symbol('latest response');

/** A connection with the response to its latest request. */
interface AnsweredSocket extends Socket {
  [LATEST_RESPONSE]?: ServerResponse;
}

/** How a server responds to input that can't be parsed. */
export interface UnreadableRequestOptions {
  /** Makes the error for input that is not HTTP, from the parser's message. */
  describe: (detail: string) => JamdevError;
  /** Headers of every response, as name, value, name, value. */
  headers: readonly string[];
  /** Whether a complete request in front of the unreadable input still gets its response. */
  finishesRequests: boolean;
  /** The server's limit for a request's headers, in bytes. */
  maxHeadBytes: number;
}

const DEFAULTS: UnreadableRequestOptions = {
  describe: requestErrors.requestUnreadable,
  headers: [],
  finishesRequests: false,
  maxHeadBytes: MAX_API_HEAD_BYTES,
};

/**
 * Responds to unreadable HTTP in jamdev's error format, where Node.js alone sends a bare 400. The official command line
 * client triggers this: it counts a body's characters instead of its bytes, so with non-ASCII letters the rest of the body
 * is parsed as the next request.
 */
export function answerUnreadable(server: Server, options: UnreadableRequestOptions = DEFAULTS): Server {
  const answered = new WeakSet<Socket>();
  for (const event of requestEventsOf(server)) {
    server.on(event, (request: IncomingMessage, response: ServerResponse) => {
      (request.socket as AnsweredSocket)[LATEST_RESPONSE] = response;
    });
  }
  return server.on('clientError', (error: NodeJS.ErrnoException, socket: AnsweredSocket) => {
    // Input after the last response on a connection is read and dropped.
    if (answered.has(socket) || (socket.writableEnded && !socket.destroyed)) return;
    const response = socket[LATEST_RESPONSE];
    if (response?.writableEnded && !response.shouldKeepAlive) return;
    const isOpen = response !== undefined && !response.writableEnded && !response.destroyed;
    const isWhole = options.finishesRequests && response?.req.complete === true;
    // An error can't be sent in the middle of another response, and a client that disconnected mid-request reads none.
    const hasLeft = error.code === 'ECONNRESET' || (isOpen && error.code === 'HPE_INVALID_EOF_STATE');
    if (!socket.writable || hasLeft || (isOpen && response.headersSent && !isWhole)) {
      socket.destroy();
      return;
    }
    answered.add(socket);
    const answer = formatAnswer(toJamdevError(error, options), options.headers);
    // Node.js assigns the socket to a response once all earlier responses are complete.
    const isBehindOthers = options.finishesRequests && isOpen && response.socket === null;
    if (isOpen && (isWhole || isBehindOthers)) {
      if (isWhole) response.once('close', () => answerAndClose(socket, answer));
      else
        response.once('socket', () => {
          giveUp(response, socket);
          answerAndClose(socket, answer);
        });
      // The parser of Node.js has given up, so Node.js does not act on the end of the socket.
      socket.once('end', () => socket.destroy());
      return;
    }
    if (isOpen) giveUp(response, socket);
    answerAndClose(socket, answer);
  });
}

/**
 * Sends a response and closes the connection later. An immediate close would reset it, and a client that is still sending
 * would lose the response.
 */
function answerAndClose(socket: Socket, answer: Buffer): void {
  if (socket.destroyed) return;
  socket.end(answer);
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.resume();
}

/** Ends a response whose request turned out to be unreadable, the way Node.js does when the connection is lost. */
function giveUp(response: ServerResponse, socket: Socket): void {
  if (response.socket === socket) response.detachSocket(socket);
  response.destroy();
  response.emit('close');
}

function toJamdevError(
  { code = '', message }: NodeJS.ErrnoException,
  { describe, maxHeadBytes }: UnreadableRequestOptions,
): JamdevError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return requestErrors.requestHeadersTooLarge(maxHeadBytes);
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return requestErrors.chunkExtensionsTooLarge();
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return requestErrors.requestTimeout();
    case 'HPE_PAUSED_H2_UPGRADE':
      return describe('it is in HTTP/2');
    default:
      return describe(message);
  }
}

function formatAnswer(error: JamdevError, headers: readonly string[]): Buffer {
  const body = JSON.stringify(errorBody(error, randomBytes(6).toString('hex')));
  let head = `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}\r\ncontent-type: application/json\r\n`;
  head += `content-length: ${Buffer.byteLength(body)}\r\ndate: ${new Date().toUTCString()}\r\nconnection: close\r\n`;
  for (let index = 0; index < headers.length; index += 2) head += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return Buffer.from(`${head}\r\n${body}`);
}
