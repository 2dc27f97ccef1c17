import type { IncomingMessage } from 'node:http';
import { backendErrors } from '../contract/errors/backend-errors.js';
import { answerError } from './answers.js';
import { type BackendSocket, openBackendSocket } from './backend-connection.js';
import type { Exchange } from './exchange.js';
import { answerFailedAttempt } from './failed-attempt.js';
import type { HeldClient } from './held-client.js';
import { passOnAnswer } from './pass-on-answer.js';
import { InvalidAnswer, makeSwitchHead } from './response-head.js';
import { openRequest, type SentRequest } from './send-request.js';
import { spliceSockets } from './tunnel.js';

/**
 * Sends an upgrade to the backend on a connection of its own that is never reused: what follows on it is in a protocol
 * unknown to jamdev.
 */
export function sendUpgrade(exchange: Exchange, sent: SentRequest, held: HeldClient): void {
  let backend: BackendSocket | undefined;
  let isAccepted = false;
  const createConnection = () => {
    backend = openBackendSocket(sent.destination, true);
    return backend;
  };
  const outgoing = openRequest(exchange, sent, { createConnection });
  if (outgoing === undefined) return;
  exchange.whenOver(() => {
    if (!isAccepted) backend?.destroy();
  });
  outgoing.on(
    'upgrade',
    exchange.guard((incoming, socket, head) => {
      const switchHead = tryMakeSwitchHead(exchange, incoming);
      if (switchHead === undefined || exchange.isAnswered) {
        socket.destroy();
        return;
      }
      isAccepted = true;
      const ahead = held.release();
      const client = held.socket;
      client.on('close', exchange.handOver());
      client.write(switchHead);
      if (head.length > 0) client.write(head);
      if (ahead.length > 0) socket.write(ahead);
      spliceSockets(client, socket, incoming.headers.upgrade?.toLowerCase() === 'websocket');
    }),
  );
  outgoing.on(
    'response',
    exchange.guard((incoming) => passOnAnswer(exchange, incoming, outgoing)),
  );
  outgoing.on(
    'error',
    exchange.guard((error) => answerFailedAttempt(exchange, error)),
  );
  outgoing.end();
}

/** @returns undefined if the head can't be written; the client is then answered with an error */
function tryMakeSwitchHead(exchange: Exchange, incoming: IncomingMessage): Buffer | undefined {
  try {
    return makeSwitchHead(incoming, exchange.request, exchange.signature);
  } catch (error) {
    if (!(error instanceof InvalidAnswer)) throw error;
    answerError(exchange, backendErrors.backendAnswerInvalid(exchange.backendId, error.message));
    return undefined;
  }
}
