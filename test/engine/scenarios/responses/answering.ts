import type { BackendAnswer } from '../../stage/control.js';
import type { Exchange } from '../../stage/stage.js';

/** A plain request. */
export const GET = 'GET {path}/ HTTP/1.1\r\nHost: {host}\r\n\r\n';

/** An exchange in which the backend writes these pieces. */
export function answering(...pieces: BackendAnswer['pieces']): Exchange {
  return { send: GET, answers: [{ pieces }] };
}

/** The same, and then the backend closes the connection. */
export function closing(...pieces: BackendAnswer['pieces']): Exchange {
  return { send: GET, answers: [{ pieces, ending: 'end' }] };
}

/** Puts header lines into a whole answer with a short body. */
export function withHeaders(...lines: string[]): string {
  return `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join('')}Content-Length: 2\r\n\r\nok`;
}
