import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../../contract/errors.js';
import { errorCode } from '../../os/error-code.js';

/** How much of a name stays readable in a folder's name. */
const READABLE_CHARACTERS = 40;
const HASH_CHARACTERS = 12;

/**
 * The folder that a backend's mount shows at /plane-data: one per service and key, and in it a sub path if one is asked
 * for. It outlives the backend.
 * @param volumes the folder for all of them; absolute
 * @param mount true, or a path inside the key's folder
 * @returns undefined when nothing is to be mounted
 * @throws JamdevError `InvalidRequest` for a path that leads elsewhere
 */
export function volumeFolderOf(
  volumes: string,
  service: string,
  key: string,
  mount: string | boolean | undefined,
): string | undefined {
  if (mount === undefined || mount === false) return undefined;
  const folder = join(volumes, safeName(service), safeName(key));
  if (mount === true) return folder;
  // As the platform has it: no absolute path, no dots; backslashes too, for what they mean elsewhere.
  const parts = mount.split('/').filter((part, index) => part !== '' || index === 0);
  if (parts.some((part) => part === '' || part === '.' || part === '..' || /[\\\0]/.test(part))) {
    throw problem.mountOutside(mount);
  }
  return join(folder, ...parts);
}

/** Above it, .jamdev lets nobody in but its owner. */
const WRITABLE_BY_ALL = 0o777;

/**
 * Creates it, writable by whatever user a container runs as: that one is seldom the one who runs jamdev.
 * @throws JamdevError `StateFolderUnusable`
 */
export function createVolumeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    if (statSync(folder).uid === process.getuid?.()) chmodSync(folder, WRITABLE_BY_ALL);
  } catch (error) {
    throw problem.volumeUnusable(folder, errorCode(error));
  }
}

/** A folder name for any text: readable, short enough for every file system, and different for different texts. */
function safeName(text: string): string {
  const readable = text.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, READABLE_CHARACTERS);
  const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_CHARACTERS);
  return `${readable}-${hash}`;
}
