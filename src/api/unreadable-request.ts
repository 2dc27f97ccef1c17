import { randomBytes } from 'node:crypto';
import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { errorBody, problem } from '../contract/errors.js';
import { JSON_TYPE } from './answer.js';

/** What else may be wrong than the form of a request; Node.js answers so, without a body. */
const OTHER_STATUS: Record<string, number> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};

/**
 * Answers in the error shape what can't be read as HTTP, where Node.js alone would say 400 and nothing more. The official
 * command line client gets here: it counts a body's characters in place of its bytes, so that with letters beyond ASCII
 * the rest of the body is taken for the next request.
 */
export function answerUnreadable(server: Server): Server {
  const responses = new WeakMap<object, ServerResponse>();
  server.on('request', (request, response) => responses.set(request.socket, response));
  return server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const response = responses.get(socket);
    // In the middle of another answer nothing can be said.
    const midAnswer = response?.headersSent === true && !response.writableFinished;
    if (socket.writable && error.code !== 'ECONNRESET' && !midAnswer) socket.write(answerTo(error));
    socket.destroy();
  });
}

function answerTo({ code = '', message }: NodeJS.ErrnoException): string {
  const other = OTHER_STATUS[code];
  if (other !== undefined) return `HTTP/1.1 ${other} ${STATUS_CODES[other]}\r\nconnection: close\r\n\r\n`;
  const body = JSON.stringify(errorBody(problem.requestUnreadable(message), randomBytes(6).toString('hex')));
  const headers = `content-type: ${JSON_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
  return `HTTP/1.1 400 ${STATUS_CODES[400]}\r\n${headers}\r\n\r\n${body}`;
}
