import { type HttpMessage, valuesOf } from './http-reader.js';

/** What the proxy must tell a backend about the client that uses a token. */
export interface Identity {
  backendId: string;
  token: string;
  secret: string;
  username: string;
  userData: string;
}

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/** Servers that follow WSGI or CGI treat both spellings as one name. */
function folded(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** What is wrong with a request as a backend received it: headers invented by a client, or missing real ones. */
export function findSpoofing(
  { startLine, headers }: Pick<HttpMessage, 'startLine' | 'headers'>,
  owner: Identity,
): string[] {
  const expected: Record<string, string> = {
    'x-verified-username': owner.username,
    'x-verified-user-data': owner.userData,
    'x-verified-backend': owner.backendId,
    'x-verified-secret': owner.secret,
  };
  const wrong: string[] = [];
  for (const [name, value] of headers) {
    const known = folded(name);
    const trusted = known.startsWith('x-verified-') || known.startsWith('x-forwarded-');
    if (trusted && known !== name.toLowerCase()) wrong.push(`header ${name}: ${value}`);
    if (trusted && value.includes('SPOOF')) wrong.push(`header ${name}: ${value}`);
    if (known === 'x-forwarded-host') wrong.push(`header ${name}: ${value}`);
    if (known === 'connection' && /x-verified-|x-forwarded-/i.test(value)) wrong.push(`header ${name}: ${value}`);
  }
  for (const [name, value] of Object.entries(expected)) {
    if (valuesOf(headers, name).join('|') !== value) wrong.push(`${name} is ${valuesOf(headers, name).join('|')}`);
  }
  const paths = valuesOf(headers, 'x-verified-path');
  const rest = (startLine.split(' ')[1] ?? '').split(/[?#]/)[0];
  if (paths.length !== 1 || (paths[0] ?? '').split(/[?#]/)[0] !== `/${owner.token}${rest}`) {
    wrong.push(`x-verified-path is ${paths.join('|')}`);
  }
  const clients = valuesOf(headers, 'x-forwarded-for');
  if (clients.length !== 1 || !LOOPBACK.has(clients[0] ?? '')) wrong.push(`x-forwarded-for is ${clients.join('|')}`);
  if (valuesOf(headers, 'x-forwarded-proto').join('|') !== 'http') wrong.push('x-forwarded-proto is not http');
  if (valuesOf(headers, 'host').length > 1) wrong.push('two hosts');
  return wrong;
}

/** Trailers of a request that a backend must never receive. */
export function findSpoofedTrailers({ trailers }: HttpMessage): string[] {
  return trailers
    .filter(([name]) => /^x-(verified|forwarded)-|^(host|content-length)$/.test(folded(name)))
    .map(([name, value]) => `trailer ${name}: ${value}`);
}
