import { createHash } from 'node:crypto';
import { basename, dirname, relative, sep } from 'node:path';
import type { Engine } from '../../docker-engine/engine.js';
import type { VolumeFolder } from '../../records/volume-folder.js';
import { type Labels, labelsOf } from './labels.js';
import { tarOfFolder } from './tar-of-folder.js';

/** Long enough to distinguish the volumes of one engine; the rest of a name is for people. */
const HASH_CHARACTERS = 16;
/** A container may run as any user and must be able to write to the volume. */
const WRITABLE_BY_ALL = 0o777;

/**
 * Returns the name of the volume that replaces a mount's folder on an engine of another machine: one per project,
 * service, key and sub path. The state folder's random id separates the projects of different people.
 */
export function volumeName(stateId: string, { volumes, path }: VolumeFolder): string {
  const parts = relative(volumes, path).split(sep);
  const hash = createHash('sha256')
    .update(JSON.stringify([stateId, ...parts]))
    .digest('hex');
  // Service and key in a readable form, each with its own hash.
  return `jamdev-${hash.slice(0, HASH_CHARACTERS)}-${parts.slice(0, 2).join('.')}`;
}

/** Creates a volume, or keeps an existing one. @throws EngineError, JamdevError */
export async function createVolume(engine: Engine, name: string, labels: Labels): Promise<void> {
  await engine.request('POST', '/volumes/create', { body: { Name: name, Labels: labelsOf(labels) } });
}

/**
 * Lets any user of a container write to a mounted volume, since a new one belongs to root.
 * @param id of a container that has not been started
 * @throws EngineError, JamdevError
 */
export async function makeWritable(engine: Engine, id: string, target: string): Promise<void> {
  // The engine ignores the mode of the folder into which an archive is extracted, so the archive is extracted one level
  // above.
  const file = tarOfFolder(basename(target), WRITABLE_BY_ALL);
  await engine.request('PUT', `/containers/${id}/archive`, { query: { path: dirname(target) }, file });
}
