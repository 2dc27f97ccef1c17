import { jwtVerify, SignJWT } from 'jose';
import { noteHandled } from '../os/debug/debug-log.js';
import { deriveSecret, type SigningKey } from './signing-key.js';

/** No account can have this name, because account names begin with a letter. */
export const PULL_USER = '_pull';
const PULL_SECONDS = 60 * 60;
const ALGORITHM = 'HS256';

/** The credential that a drone's engine sends to pull an image. Plane stores it in plain text, so it gives little access. */
export interface PullCredential {
  username: string;
  password: string;
}

/**
 * Makes a credential that pulls from one repository for an hour. It is short because it counts toward the size of a spawn
 * request.
 */
export async function createPullCredential(key: SigningKey, repository: string, now: Date): Promise<PullCredential> {
  const password = await new SignJWT()
    .setProtectedHeader({ alg: ALGORITHM })
    .setSubject(repository)
    .setExpirationTime(Math.floor(now.getTime() / 1000) + PULL_SECONDS)
    .sign(secretOf(key));
  return { username: PULL_USER, password };
}

/** @returns the repository that a credential can pull from; undefined for a wrong or expired credential */
export async function readPullCredential(key: SigningKey, password: string, now: Date): Promise<string | undefined> {
  try {
    const { payload } = await jwtVerify(password, secretOf(key), {
      algorithms: [ALGORITHM],
      currentDate: now,
      requiredClaims: ['sub', 'exp'],
    });
    return payload.sub;
  } catch (error) {
    noteHandled('registry', 'a pull credential is refused', error);
    return undefined;
  }
}

function secretOf(key: SigningKey): Buffer {
  return deriveSecret(key, 'pull credentials');
}
