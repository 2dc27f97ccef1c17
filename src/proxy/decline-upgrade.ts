import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** Headers that ask for the upgrade. */
const UPGRADE_HEADERS = new Set(['upgrade', 'connection', 'http2-settings']);

/** Whether a request only offers to go on in HTTP/2, as curl and Java do; any server may just answer it instead. */
export function offersHttp2({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'h2c';
}

/**
 * Serves a request as if it had not asked for an upgrade. Node.js has taken its parser off the connection by then, so
 * the connection is handed to the server anew, with the request's head as it came but for the upgrade.
 * @param head what has been read beyond the request's head
 */
export function declineUpgrade(server: Server, request: IncomingMessage, socket: Socket, head: Buffer): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? '';
    if (!UPGRADE_HEADERS.has(name.toLowerCase())) lines.push(`${name}: ${request.rawHeaders[index + 1]}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}
