import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { RegistryScope } from './scope.js';
import type { SigningKey } from './signing-key.js';

/** The token issuer in the registry's config. */
export const TOKEN_ISSUER = 'jamdev';
/** Clients fetch a new token after this time; a revoked API token still gives access for this long. */
export const ACCESS_TOKEN_SECONDS = 300;

/**
 * Signs a token that lets a client access the listed repositories: a JWT, as the distribution's token authentication
 * expects.
 * @param grant.service the registry's name for itself in its config
 * @param grant.subject the client's name, for the registry's log and its notifications
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
