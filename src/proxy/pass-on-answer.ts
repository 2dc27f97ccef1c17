import type { ClientRequest, IncomingMessage } from 'node:http';
import { backendErrors } from '../contract/errors/backend-errors.js';
import { answerError } from './answers.js';
import { BackendSocket } from './backend-connection.js';
import type { Exchange } from './exchange.js';
import { type AnswerHead, InvalidAnswer, makeResponseHead, type ResponseHead } from './response-head.js';
import { forwardTrailers } from './trailers.js';

/** Up to this size the beginning of a body is copied to be written together with the head. */
const MAX_BYTES_WITH_HEAD = 8 * 1024;

/** Passes a backend's answer on to the client, or answers 502 when it is one that can't be written. */
export function passOnAnswer(exchange: Exchange, incoming: IncomingMessage, outgoing: ClientRequest): void {
  if (exchange.response.headersSent || exchange.isAnswered) {
    outgoing.destroy();
    return;
  }
  // Without a listener, an answer that breaks off would end the whole program; its `close` follows and is acted on.
  incoming.on('error', ignoreError);
  const head = writeHead(exchange, incoming);
  if (head === undefined) outgoing.destroy();
  else passOnBody(exchange, incoming, outgoing, head);
}

/**
 * Writes the head of an answer to the client. It goes out with what comes next.
 * @returns undefined when the client was answered with an error instead
 */
export function writeHead(exchange: Exchange, incoming: AnswerHead): ResponseHead | undefined {
  const { response, request } = exchange;
  try {
    const head = makeResponseHead(incoming, request, exchange.signature);
    exchange.redirects.apply(exchange, incoming, head.headers);
    response.writeHead(head.status, head.reason, head.headers);
    return head;
  } catch (error) {
    // Node.js names with a code what it can't write.
    if (!(error instanceof InvalidAnswer) && !(error instanceof Error && 'code' in error)) throw error;
    response.chunkedEncoding = false;
    answerError(exchange, backendErrors.backendAnswerInvalid(exchange.backendId, error.message));
    return undefined;
  }
}

function passOnBody(exchange: Exchange, incoming: IncomingMessage, outgoing: ClientRequest, head: ResponseHead): void {
  const { response } = exchange;
  const resume = () => void incoming.resume();
  let isFirst = true;
  incoming.on(
    'data',
    exchange.guard((chunk: Buffer) => {
      const goesWithHead = isFirst && chunk.length <= MAX_BYTES_WITH_HEAD && !response.chunkedEncoding;
      isFirst = false;
      // As text, which Latin-1 keeps byte for byte, it goes out with the head in one write: a tenth of the proxy's speed.
      if (goesWithHead ? response.write(chunk.toString('latin1'), 'latin1') : response.write(chunk)) return;
      incoming.pause();
      response.once('drain', resume);
    }),
  );
  incoming.once(
    'end',
    exchange.guard(() => {
      if (!incoming.complete) return;
      if (head.trailers) forwardTrailers(incoming, response);
      response.end();
    }),
  );
  incoming.once(
    'close',
    exchange.guard(() => {
      if (response.writableEnded || response.destroyed) return;
      if (endedByRefusedUpload(incoming, outgoing)) response.end();
      else breakOff(exchange, head);
    }),
  );
  // Once the body's beginning was passed on, if it came together with the head.
  process.nextTick(flushHead, exchange, incoming);
}

/** Sends the head alone when no body has come yet, as of an event stream. (`flushHeaders()` would write it as UTF-8.) */
function flushHead(exchange: Exchange, incoming: IncomingMessage): void {
  const { response } = exchange;
  if (incoming.complete || incoming.readableLength > 0 || response.writableLength > 0) return;
  if (!response.writableEnded && !response.destroyed) exchange.run(() => response.write('', 'latin1'));
}

/** Whether the answer ended with its connection, which the backend reset since it did not take the rest of an upload. */
function endedByRefusedUpload({ headers }: IncomingMessage, { socket }: ClientRequest): boolean {
  const hasEnd = headers['content-length'] !== undefined || 'transfer-encoding' in headers;
  return !hasEnd && socket instanceof BackendSocket && socket.writeFailure !== undefined;
}

/** Ends an answer in the middle, so that the client can't take what it has for the whole. */
function breakOff({ response }: Exchange, { endsWithConnection }: ResponseHead): void {
  if (endsWithConnection) response.socket?.resetAndDestroy();
  else response.destroy();
}

function ignoreError(): void {}
