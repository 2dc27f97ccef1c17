import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import { errorCode } from '../os/error-code.js';
import { RepeatedWork } from '../plane/repeated-work.js';
import { serveErrors } from './serve-errors.js';

/** Interval between checks for a renewed certificate. */
const TURN_MS = 5_000;

/** The paths of a certificate and its private key. */
interface CertificateFiles {
  cert: string;
  key: string;
}

/** A certificate and its private key in PEM format. */
export interface Certificate {
  cert: Buffer;
  key: Buffer;
}

/** Reads and checks a certificate. @throws JamdevError `CertificateUnusable` */
export async function readCertificate(files: CertificateFiles): Promise<Certificate> {
  const read = async (name: 'cert' | 'key') => {
    try {
      return await readFile(files[name]);
    } catch (error) {
      throw serveErrors.certificateUnusable(`${files[name]}: ${errorCode(error)}`);
    }
  };
  const certificate = { cert: await read('cert'), key: await read('key') };
  try {
    createSecureContext(certificate);
  } catch (error) {
    throw serveErrors.certificateUnusable(`${files.cert}, ${files.key}: ${(error as Error).message}`);
  }
  return certificate;
}

/**
 * Updates the servers' certificate whenever its files change. Unusable files, such as during a replacement, are
 * ignored.
 */
export function followCertificate(
  files: CertificateFiles,
  first: Certificate,
  servers: readonly Server[],
): RepeatedWork {
  let current = first;
  return new RepeatedWork('reading the certificate', TURN_MS, async () => {
    const next = await readCertificate(files);
    if (next.cert.equals(current.cert) && next.key.equals(current.key)) return;
    current = next;
    for (const server of servers) (server as TlsServer).setSecureContext(next);
  });
}
