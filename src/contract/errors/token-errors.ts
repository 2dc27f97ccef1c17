import { JamdevError } from './jamdev-error.js';
import { quote } from './quote.js';

/** Why a request has no token, if that can be determined. */
export type LostBy =
  /** A page behind a connection URL requested an absolute path; `instead` is the relative path to use. */
  | { asked: string; instead: string }
  /** The page was opened without the slash after the token, so that even relative URLs drop the token. */
  | 'slash missing'
  /** socket.io puts its own path after the host, whatever the path of its URL. */
  | 'socket.io';

function howToAsk(by: LostBy | undefined): string {
  switch (by) {
    case undefined:
      return 'Use the whole connection URL, http://localhost:PORT/TOKEN/, and relative URLs in pages.';
    case 'slash missing':
      return 'The page that requested it was opened without the "/" after the token: open http://localhost:PORT/TOKEN/.';
    case 'socket.io':
      return 'Pass the path to socket.io: io("http://localhost:PORT", { path: "/TOKEN/socket.io/" }).';
    default:
      return `A page behind a connection URL requested it: use the relative path ${quote(by.instead)}; ${quote(by.asked)} drops the token.`;
  }
}

/** Errors for requests to the proxy with a missing or wrong connection token. */
export const tokenErrors = {
  tokenMissing: (by?: LostBy) => new JamdevError('TokenMissing', 'The path has no connection token.', howToAsk(by)),
  notAToken: (segment: string, by?: LostBy) =>
    new JamdevError(
      'TokenUnknown',
      // A long segment may be an incompletely copied token.
      segment.length < 32
        ? `The path begins with ${quote(segment)}, which is not a connection token.`
        : `The path begins with ${segment.length} characters that are not a connection token: a token has 43 characters, or "s." and 43.`,
      howToAsk(by),
    ),
  tokenUnknown: () =>
    new JamdevError(
      'TokenUnknown',
      'The connection token is unknown or has expired.',
      'Connect again to get a new connection URL.',
    ),
  hostOfOtherBackend: (host: string, label: string, id: string) =>
    new JamdevError(
      'HostOfOtherBackend',
      `The host ${quote(host)} names the backend ${quote(label)}, but the connection token is for the backend "${id}".`,
      'Use the connection URL unchanged, or the host name of its own backend.',
    ),
};
