import { newSigningKey } from '../../src/registry/new-signing-key.js';
import { readSigningKey, type SigningKey } from '../../src/registry/signing-key.js';

/** A new signing key. */
export function makeKey(): SigningKey {
  const { privateKey, certificate } = newSigningKey(new Date());
  return readSigningKey(privateKey + certificate);
}
