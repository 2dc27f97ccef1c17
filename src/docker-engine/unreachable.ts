import type { JamdevError } from '../contract/errors/jamdev-error.js';
import { errorCode } from '../os/error-code.js';
import { dockerErrors } from './docker-errors.js';
import type { Endpoint } from './endpoint.js';

const TLS_REMEDY =
  'Check DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, or the certificates of the Docker context: docker context inspect';
const NETWORK_REMEDY = 'Check the network (VPN, firewall), and that this works: docker version';
const REFUSED_REMEDY = 'Check the port, and that the engine listens on it.';

/** Matches errors of Node.js and answers of the engine that are about TLS. */
const TLS_PROBLEM = /certificate|\bssl\b|\btls|https? (request|server)|altname/i;

/** Makes an error for users from the error of a request to an engine. @param signal the request's signal */
export async function explainUnreachable(
  { url, remote, tunnel }: Endpoint,
  error: Error,
  signal: AbortSignal,
): Promise<JamdevError> {
  const code = errorCode(error);
  const isLate = (signal.reason as Error | undefined)?.name === 'TimeoutError';
  // The tunnel's local end always accepts connections, so the reason is in ssh's output.
  if (tunnel !== undefined && !isLate) return tunnel.explain();
  const detail = isLate ? 'no answer in time' : error.message;
  if (remote !== undefined) return dockerErrors.engineUnreachable(url, detail, remedyFor(code, detail));
  if (code === 'EACCES' || code === 'EPERM') return dockerErrors.dockerForbidden(url);
  const isPlain = code === 'ENOENT' || code === 'ECONNREFUSED';
  return dockerErrors.dockerStopped(isPlain ? url : `${url}: ${detail}`);
}

function remedyFor(code: string, detail: string): string {
  if (code === 'ECONNREFUSED') return REFUSED_REMEDY;
  return TLS_PROBLEM.test(`${code} ${detail}`) ? TLS_REMEDY : NETWORK_REMEDY;
}
