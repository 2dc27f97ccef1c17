import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { RegistryScope } from './scope.js';
import type { SigningKey } from './signing-key.js';

/** The issuer that the registry's config names. */
export const TOKEN_ISSUER = 'jamdev';
/** Clients fetch another one when it has run out; a revoked API token is of use for so long. */
export const ACCESS_TOKEN_SECONDS = 300;

/**
 * Signs a token by which the registry lets a client do what it lists: a JWT, as the distribution's token authentication
 * takes them.
 * @param grant.service what the registry's config calls itself
 * @param grant.subject who it is, for the registry's log and its notifications
 */
export async function signAccessToken(
  key: SigningKey,
  { service, subject, access }: { service: string; subject: string; access: readonly RegistryScope[] },
  now: Date,
): Promise<string> {
  const seconds = Math.floor(now.getTime() / 1000);
  return new SignJWT({ access })
    .setProtectedHeader({ typ: 'JWT', alg: 'ES256', x5c: [key.certificate] })
    .setIssuer(TOKEN_ISSUER)
    .setSubject(subject)
    .setAudience(service)
    .setJti(randomUUID())
    .setIssuedAt(seconds)
    .setNotBefore(seconds)
    .setExpirationTime(seconds + ACCESS_TOKEN_SECONDS)
    .sign(key.privateKey);
}
