import { JamdevError } from './jamdev-error.js';
import { quote } from './quote.js';

/** Errors for callers that may not use the dev server. */
export const callerErrors = {
  hostNotAllowed: (host: string) =>
    new JamdevError(
      'HostNotAllowed',
      `The host ${quote(host)} is not allowed to reach the dev server.`,
      'Use localhost, or allow the host: --allowed-host, or "allowedHosts" in the config.',
    ),
  originNotAllowed: (origin: string) =>
    new JamdevError(
      'OriginNotAllowed',
      `Pages of ${quote(origin)} may only read statuses.`,
      'Call the API from your own server, or from a page on localhost.',
    ),
  siteNotAllowed: () =>
    new JamdevError(
      'OriginNotAllowed',
      'A page of another site sent this request, according to its Sec-Fetch-Site header.',
      'Call the API from your own server, or from a page on localhost.',
    ),
  backendPageNotAllowed: (origin: string) =>
    new JamdevError(
      'OriginNotAllowed',
      `${quote(origin)} serves pages of backends. They may only read statuses, like pages of other sites.`,
      'Call the API from your own server, or from a page of your front end.',
    ),
};
