import type { ClientRequest, IncomingMessage } from 'node:http';
import { problem } from '../contract/errors.js';
import { answerError } from './answers.js';
import { BackendSocket } from './backend-connection.js';
import type { Exchange } from './exchange.js';
import { InvalidAnswer, makeResponseHead, type ResponseHead } from './response-head.js';
import { forwardTrailers } from './trailers.js';

/** Passes a backend's answer on to the client, or answers 502 when it is one that can't be written. */
export function passOnAnswer(exchange: Exchange, incoming: IncomingMessage, outgoing: ClientRequest): void {
  if (exchange.response.headersSent || exchange.isAnswered) {
    outgoing.destroy();
    return;
  }
  // Without a listener, an answer that breaks off would end the whole program; its `close` follows and is acted on.
  incoming.on('error', () => undefined);
  const head = writeHead(exchange, incoming);
  if (head === undefined) outgoing.destroy();
  else passOnBody(exchange, incoming, outgoing, head);
}

/** @returns undefined when the client was answered with an error instead */
function writeHead(exchange: Exchange, incoming: IncomingMessage): ResponseHead | undefined {
  const { response, request } = exchange;
  try {
    const head = makeResponseHead(incoming, request, exchange.signature);
    response.writeHead(head.status, head.reason, head.headers);
    return head;
  } catch (error) {
    // Node.js names with a code what it can't write.
    if (!(error instanceof InvalidAnswer) && !(error instanceof Error && 'code' in error)) throw error;
    response.chunkedEncoding = false;
    answerError(exchange, problem.backendAnswerInvalid(exchange.backendId, error.message));
    return undefined;
  }
}

function passOnBody(exchange: Exchange, incoming: IncomingMessage, outgoing: ClientRequest, head: ResponseHead): void {
  const { response } = exchange;
  let headIsOut = false;
  incoming.on(
    'data',
    exchange.guard((chunk: Buffer) => {
      headIsOut = true;
      if (!response.write(chunk)) incoming.pause();
    }),
  );
  response.on(
    'drain',
    exchange.guard(() => void incoming.resume()),
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
  // A head without a body yet, as of an event stream, is not kept back. In the next turn, so that both go out together
  // where they came together. (`flushHeaders()` would write it as UTF-8.)
  setImmediate(
    exchange.guard(() => {
      if (!headIsOut && !response.writableEnded && !response.destroyed) response.write('', 'latin1');
    }),
  );
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
