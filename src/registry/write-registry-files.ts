import { mkdir, open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { errorCode } from '../os/error-code.js';
import { isThere } from '../os/is-there.js';
import { newSigningKey } from './new-signing-key.js';
import { type RegistryPlaces, registryConfig } from './registry-config.js';
import { setupErrors } from './setup-errors.js';
import { readSigningKey } from './signing-key.js';

/** The file with the signing key, for every `jamdev serve`. */
export const KEY_FILE = 'signing-key.pem';
const CERTIFICATE_FILE = 'certificate.pem';
/** The config of the registry. */
export const CONFIG_FILE = 'config.yml';
export const REGISTRY_FILES = [KEY_FILE, CERTIFICATE_FILE, CONFIG_FILE] as const;

/**
 * Writes a new signing key, and the certificate and config by which a registry trusts it, for their owner only. Nothing is
 * overwritten, and nothing is written if one of them is there.
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

/** @throws Error with the code `EEXIST` if there is one */
async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}
