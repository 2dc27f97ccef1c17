import type { IncomingMessage } from 'node:http';

/** Other versions of HTTP, and TLS: through one of these, a client could send requests with forged headers. */
const OTHER_HTTP = /^(?:https?|h2c?|h3|spdy|tls|ssl)(?:[/-].*)?$/i;
/** The syntax of a protocol (RFC 9110, section 7.8). Anything else is interpreted differently by different servers. */
const PROTOCOL = /^[\w!#$%&'*+.^`|~-]+(?:\/[\w!#$%&'*+.^`|~-]+)?$/;

/**
 * Reads the protocols that a client offers to upgrade to. Other versions of HTTP, TLS, and malformed names are left
 * out, which is allowed: any server may ignore the offer and answer in HTTP/1.1.
 * @returns the protocols as the client wrote them
 */
export function readOfferedProtocols({ headers }: IncomingMessage): string[] {
  if (headers.upgrade === undefined) return [];
  const protocols = headers.upgrade.split(',').map((protocol) => protocol.trim());
  return protocols.filter((protocol) => PROTOCOL.test(protocol) && !OTHER_HTTP.test(protocol));
}

/** Whether a request announces a body. */
export function announcesBody({ headers }: IncomingMessage): boolean {
  return 'transfer-encoding' in headers || Number(headers['content-length'] ?? 0) !== 0;
}
