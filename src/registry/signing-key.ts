import { createPrivateKey, hkdfSync, type KeyObject, X509Certificate } from 'node:crypto';
import { setupErrors } from './setup-errors.js';

/** What signs access to the registry. All `jamdev serve` of a cluster have the same one. */
export interface SigningKey {
  privateKey: KeyObject;
  /** Base64 of the DER, as in a JWT's `x5c`: the registry trusts the key by it. */
  certificate: string;
}

/**
 * Reads a private key on the curve P-256 and its certificate.
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
 * Derives a secret that all holders of the signing key share.
 * @param purpose gives each use a secret of its own
 */
export function deriveSecret({ privateKey }: SigningKey, purpose: string): Buffer {
  const der = privateKey.export({ type: 'pkcs8', format: 'der' });
  return Buffer.from(hkdfSync('sha256', der, '', `jamdev registry: ${purpose}`, 32));
}
