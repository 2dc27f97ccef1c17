import type { IncomingMessage } from 'node:http';

/** Another HTTP, or TLS: behind one of these, a client could send requests with headers of its own making. */
const OTHER_HTTP = /^(?:https?|h2c?|h3|spdy|tls|ssl)(?:[/-].*)?$/i;
/** How a protocol is written (RFC 9110, section 7.8). What else stands there, readers take for different things. */
const PROTOCOL = /^[\w!#$%&'*+.^`|~-]+(?:\/[\w!#$%&'*+.^`|~-]+)?$/;

/**
 * Reads which protocols a client offers to go on in. Those that are another HTTP, or TLS, and what is no protocol at
 * all, are left out: any server may just answer in HTTP/1.1 instead.
 * @returns as the client wrote them
 */
export function readOfferedProtocols({ headers }: IncomingMessage): string[] {
  if (headers.upgrade === undefined) return [];
  const protocols = headers.upgrade.split(',').map((protocol) => protocol.trim());
  return protocols.filter((protocol) => PROTOCOL.test(protocol) && !OTHER_HTTP.test(protocol));
}

/** Whether a request says that a body follows. */
export function announcesBody({ headers }: IncomingMessage): boolean {
  return 'transfer-encoding' in headers || Number(headers['content-length'] ?? 0) !== 0;
}
