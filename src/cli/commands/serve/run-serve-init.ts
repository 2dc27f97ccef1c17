import { join } from 'node:path';
import { resolveInitConfig, type ServeFlags } from '../../../config/serve-config.js';
import { CONFIG_FILE, KEY_FILE, REGISTRY_FILES, writeRegistryFiles } from '../../../registry/write-registry-files.js';
import type { CommandIo } from '../../io.js';

/**
 * Sets up a registry: writes its signing key, certificate and config.
 * @param folder the folder to write to
 */
export async function runServeInit(flags: ServeFlags, folder: string, io: CommandIo): Promise<void> {
  const places = await resolveInitConfig(flags, process.env);
  await writeRegistryFiles(folder, places, new Date());
  const { registryUrl, apiUrl } = places;
  io.out(`Wrote ${REGISTRY_FILES.join(', ')} to ${folder}.`);
  io.out('');
  io.out(
    `For each jamdev serve: JAMDEV_SERVE_REGISTRY=${registryUrl} JAMDEV_SERVE_REGISTRY_KEY_FILE=${join(folder, KEY_FILE)}`,
  );
  io.out(
    `To start the registry, which sends its clients to ${apiUrl} for tokens: docker-registry serve ${join(folder, CONFIG_FILE)}`,
  );
}
