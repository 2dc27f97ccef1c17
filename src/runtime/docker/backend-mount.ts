import type { Engine } from '../../docker-engine/engine.js';
import { createVolumeFolder, volumeFolderOf } from '../../records/volume-folder.js';
import type { SpawnRequest } from '../runtime.js';
import type { Mount } from './container-config.js';
import type { Labels } from './labels.js';
import { createVolume, volumeName } from './remote-volume.js';

/**
 * Creates a backend's mount: a folder on this machine, or a volume if the engine is on another machine.
 * @param places folders for mounts, as in {@link volumeFolderOf}
 * @returns undefined if nothing is to be mounted
 * @throws JamdevError, EngineError
 */
export async function prepareMount(
  engine: Engine,
  places: readonly [string, ...string[]],
  { service, key, mount }: SpawnRequest,
  { project = '', state = '', owner = '' }: Labels,
): Promise<Mount | undefined> {
  const folder = volumeFolderOf(places, service, key, mount);
  if (folder === undefined) return undefined;
  if (engine.endpoint.remote === undefined) {
    createVolumeFolder(folder);
    return { Type: 'bind', Source: folder.path };
  }
  const name = volumeName(state, folder);
  await createVolume(engine, name, { project, state, owner, service, key });
  return { Type: 'volume', Source: name };
}
