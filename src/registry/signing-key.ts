import { createPrivateKey, hkdfSync, type KeyObject, X509Certificate } from 'node:crypto';
import { setupErrors } from './setup-errors.js';

/** Signs access to the registry. All `jamdev serve` processes of a cluster share the same key. */
export interface SigningKey {
  privateKey: KeyObject;
  /** Base64 of the DER, as in a JWT's `x5c`. The registry trusts the key because of this certificate. */
  certificate: string;
}

/**
 * Reads a P-256 private key and its certificate.
 * @param pem both, in any order
 * @throws JamdevError `ConfigInvalid`
 */
export function readSigningKey(pem: string): SigningKey {
  const { privateKey, certificate } = parse(pem);
  if (privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw setupErrors.signingKeyUnusable('it is not a key on the curve P-256');
  }
  if (!certificate.checkPrivateKey(privateKey)) {
    throw setupErrors.signingKeyUnusable('its certificate is that of another key');
  }
  return { privateKey, certificate: certificate.raw.toString('base64') };
}

function parse(pem: string): { privateKey: KeyObject; certificate: X509Certificate } {
  try {
    return { privateKey: createPrivateKey(pem), certificate: new X509Certificate(pem) };
  } catch (error) {
    const part = /BEGIN CERTIFICATE/.test(pem) ? 'private key' : 'certificate';
    throw setupErrors.signingKeyUnusable(`no ${part} can be read from it (${(error as Error).message})`);
  }
}

/**
 * Derives a secret that every holder of the signing key can compute.
 * @param purpose makes the secrets of different uses differ
 */
export function deriveSecret({ privateKey }: SigningKey, purpose: string): Buffer {
  const der = privateKey.export({ type: 'pkcs8', format: 'der' });
  return Buffer.from(hkdfSync('sha256', der, '', `jamdev registry: ${purpose}`, 32));
}
