/** The values that the proxy adds to every answer. */
export interface Signature {
  /** The `Server` header, used if the backend sets none. */
  server: string;
  backendId: string | undefined;
}

const CORS_PREFIX = 'access-control-';

/**
 * Adds the proxy's headers to an answer: the backend's id, `Server` unless the backend set it, and CORS headers that
 * allow pages of every origin to read the answer, unless the backend set any CORS header itself.
 * @param headers name, value, name, value
 */
export function addOwnHeaders(headers: string[], { server, backendId }: Signature): void {
  let hasServer = false;
  let hasCors = false;
  for (let index = 0; index < headers.length; index += 2) {
    const name = (headers[index] as string).toLowerCase();
    if (name === 'server') hasServer = true;
    else if (name.startsWith(CORS_PREFIX)) hasCors = true;
  }
  if (!hasCors) {
    headers.push('access-control-allow-origin', '*', 'access-control-allow-methods', '*');
    headers.push('access-control-allow-headers', '*, Authorization');
  }
  if (!hasServer) headers.push('server', server);
  if (backendId !== undefined) headers.push('x-plane-backend-id', backendId);
}
