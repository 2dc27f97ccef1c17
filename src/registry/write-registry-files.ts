import { mkdir, open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { errorCode } from '../os/error-code.js';
import { isThere } from '../os/is-there.js';
import { newSigningKey } from './new-signing-key.js';
import { type RegistryPlaces, registryConfig } from './registry-config.js';
import { setupErrors } from './setup-errors.js';
import { readSigningKey } from './signing-key.js';

/** The file with the signing key, which every `jamdev serve` of the cluster needs. */
export const KEY_FILE = 'signing-key.pem';
const CERTIFICATE_FILE = 'certificate.pem';
/** The registry's config file. */
export const CONFIG_FILE = 'config.yml';
export const REGISTRY_FILES = [KEY_FILE, CERTIFICATE_FILE, CONFIG_FILE] as const;

/**
 * Writes a new signing key, plus the certificate and config that make a registry trust it, readable only by their owner.
 * Never overwrites a file, and writes nothing if one of the files exists.
 * @throws JamdevError `FilesInTheWay`, `FolderUnusable`
 */
export async function writeRegistryFiles(
  folder: string,
  places: Omit<RegistryPlaces, 'certificatePath'>,
  now: Date,
): Promise<void> {
  const inTheWay = REGISTRY_FILES.filter((name) => isThere(join(folder, name)));
  if (inTheWay.length > 0) throw setupErrors.registryFilesInTheWay(folder, inTheWay);
  const { privateKey, certificate } = newSigningKey(now);
  const key = readSigningKey(privateKey + certificate);
  const certificatePath = resolve(folder, CERTIFICATE_FILE);
  const texts = [privateKey + certificate, certificate, registryConfig({ ...places, certificatePath }, key)];
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const [index, name] of REGISTRY_FILES.entries()) await writeNew(join(folder, name), texts[index] ?? '');
  } catch (error) {
    const code = errorCode(error);
    throw code === 'EEXIST'
      ? setupErrors.registryFilesInTheWay(folder, ['a file of that name'])
      : setupErrors.registryFolderUnusable(folder, code);
  }
}

/** @throws Error with the code `EEXIST` if the file exists */
async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}
