import { createHash } from 'node:crypto';
import { basename, dirname, relative, sep } from 'node:path';
import type { Engine } from '../../docker-engine/engine.js';
import type { VolumeFolder } from '../../records/volume-folder.js';
import { type Labels, labelsOf } from './labels.js';
import { tarOfFolder } from './tar-of-folder.js';

/** Long enough to tell the volumes of one engine apart; the rest of a name is for people. */
const HASH_CHARACTERS = 16;
/** Whatever user a container runs as, it can write there. */
const WRITABLE_BY_ALL = 0o777;

/**
 * Returns the name of the volume that takes the place of a mount's folder on an engine of another machine: one per project,
 * service, key and sub path. The state folder's random id in it keeps the projects of different people apart.
 */
export function volumeName(stateId: string, { volumes, path }: VolumeFolder): string {
  const parts = relative(volumes, path).split(sep);
  const hash = createHash('sha256')
    .update(JSON.stringify([stateId, ...parts]))
    .digest('hex');
  // Service and key, readable and each with a hash of its own.
  return `jamdev-${hash.slice(0, HASH_CHARACTERS)}-${parts.slice(0, 2).join('.')}`;
}

/** Creates a volume, or leaves it as it is if the engine has it. @throws EngineError, JamdevError */
export async function createVolume(engine: Engine, name: string, labels: Labels): Promise<void> {
  await engine.request('POST', '/volumes/create', { body: { Name: name, Labels: labelsOf(labels) } });
}

/**
 * Lets any user of a container write to a volume that is mounted in it: a new one belongs to root.
 * @param id of a container that has not started
 * @throws EngineError, JamdevError
 */
export async function makeWritable(engine: Engine, id: string, target: string): Promise<void> {
  // The engine passes over the mode of the folder itself that an archive is extracted to.
  const file = tarOfFolder(basename(target), WRITABLE_BY_ALL);
  await engine.request('PUT', `/containers/${id}/archive`, { query: { path: dirname(target) }, file });
}
