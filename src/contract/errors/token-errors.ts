import { JamdevError } from './jamdev-error.js';
import { quote } from './quote.js';

/** How a request came to have no token, as far as that can be told. */
export type LostBy =
  /** A page behind a connection URL asked for an absolute path; `instead` is what leads there. */
  | { asked: string; instead: string }
  /** The page was opened without the slash after the token, so that not even relative URLs keep it. */
  | 'slash missing'
  /** socket.io puts its own path behind the host, whatever the URL it is given. */
  | 'socket.io';

function howToAsk(by: LostBy | undefined): string {
  switch (by) {
    case undefined:
      return 'Use the whole connection URL, http://localhost:PORT/TOKEN/, and relative URLs in pages.';
    case 'slash missing':
      return 'The page that asked for it was opened without the "/" after the token: open http://localhost:PORT/TOKEN/.';
    case 'socket.io':
      return 'Give socket.io the path: io("http://localhost:PORT", { path: "/TOKEN/socket.io/" }).';
    default:
      return `A page behind a connection URL requested it: use the relative path ${quote(by.instead)}; ${quote(by.asked)} drops the token.`;
  }
}

/** Requests to the proxy whose connection token is missing or wrong. */
export const tokenErrors = {
  tokenMissing: (by?: LostBy) => new JamdevError('TokenMissing', 'The path has no connection token.', howToAsk(by)),
  notAToken: (segment: string, by?: LostBy) =>
    new JamdevError(
      'TokenUnknown',
      // A long one may be a token that was not copied whole.
      segment.length < 32
        ? `The path begins with ${quote(segment)}, which is not a connection token.`
        : `The path begins with ${segment.length} characters that are not a connection token, which has 43, or "s." and 43.`,
      howToAsk(by),
    ),
  tokenUnknown: () =>
    new JamdevError(
      'TokenUnknown',
      'The connection token is unknown or has expired.',
      'Ask for a new connection URL: connect again.',
    ),
  hostOfOtherBackend: (host: string, label: string, id: string) =>
    new JamdevError(
      'HostOfOtherBackend',
      `The host ${quote(host)} names the backend ${quote(label)}, but the connection token is for the backend "${id}".`,
      'Use the connection URL as it was returned, or the host name of its own backend.',
    ),
};
