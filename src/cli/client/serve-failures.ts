import { clientErrors } from './client-errors.js';
import type { ApiFailures } from './http-api.js';

/** Messages of OpenSSL and Node.js about an untrusted certificate. */
const NOT_TRUSTED = /^(CERT_|ERR_TLS_|UNABLE_TO_|HOSTNAME_MISMATCH)|SELF_SIGNED/;
/** Their messages about a server that does not speak TLS. */
const NO_TLS = /^(ERR_SSL_|EPROTO)/;

/**
 * Makes the errors for unusable answers of `jamdev serve`.
 * @param loginPath the file in which a token was looked up
 */
export function serveFailures(apiUrl: string, loginPath: string): ApiFailures {
  return {
    unreachable: (detail) => {
      if (NOT_TRUSTED.test(detail)) return clientErrors.serveNotTrusted(apiUrl, detail);
      if (NO_TLS.test(detail)) return clientErrors.serveUnreachable(apiUrl, `it does not speak TLS (${detail})`);
      return clientErrors.serveUnreachable(apiUrl, detail);
    },
    notTheApi: (detail) => clientErrors.serveUnreachable(apiUrl, detail),
    unauthorized: () => clientErrors.apiTokenUnset(loginPath),
  };
}
