import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { connectErrors } from '../contract/errors/connect-errors.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { errorCode } from '../os/error-code.js';
import { stateErrors } from './state-errors.js';

/** How many characters of a name stay readable in a folder's name. */
const READABLE_CHARACTERS = 40;
const HASH_CHARACTERS = 12;

/** The folder that is mounted at /plane-data in a backend's container. */
export interface VolumeFolder {
  /** The folder for all volumes; absolute. */
  volumes: string;
  /** Absolute path, inside `volumes`. */
  path: string;
}

/**
 * Returns the folder to mount at /plane-data: one per service and key, plus a subpath if requested. It outlives the backend.
 * @param places absolute folders for all volumes; the first one is used for a key that has no folder in any of them
 * @param mount true, or a path inside the key's folder
 * @returns undefined if nothing should be mounted
 * @throws JamdevError `InvalidRequest` for a path outside the key's folder
 */
export function volumeFolderOf(
  places: readonly [string, ...string[]],
  service: string,
  key: string,
  mount: string | boolean | undefined,
): VolumeFolder | undefined {
  if (mount === undefined || mount === false) return undefined;
  const own = join(safeName(service), safeName(key));
  const volumes = places.find((place) => isRealFolder(place, own)) ?? places[0];
  const folder = join(volumes, own);
  if (mount === true) return { volumes, path: folder };
  // The platform's rules: no absolute path and no dots. Backslashes are refused too, since some systems treat them as
  // separators.
  const parts = mount.split('/').filter((part, index) => part !== '' || index === 0);
  if (parts.some((part) => part === '' || part === '.' || part === '..' || /[\\\0]/.test(part))) {
    throw connectErrors.mountOutside(mount);
  }
  return { volumes, path: join(folder, ...parts) };
}

/** Safe, since only the owner can enter the state folder above it. */
const WRITABLE_BY_ALL = 0o777;

/**
 * Creates the folder, writable by any user, since a container seldom runs as jamdev's user. Links created by a container are
 * never followed: they could point anywhere on this machine.
 * @throws JamdevError `StateFolderUnusable`, `StateFolderUnsafe`
 */
export function createVolumeFolder({ volumes, path }: VolumeFolder): void {
  try {
    mkdirSync(volumes, { recursive: true, mode: 0o700 });
    let folder = volumes;
    for (const part of ['', ...relative(volumes, path).split(sep)]) {
      folder = join(folder, part);
      makeRealFolder(folder);
    }
    if (lstatSync(path).uid === process.getuid?.()) chmodSync(path, WRITABLE_BY_ALL);
  } catch (error) {
    throw error instanceof JamdevError ? error : stateErrors.volumeUnusable(path, errorCode(error));
  }
}

function makeRealFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    if (!lstatSync(path).isDirectory()) throw stateErrors.volumeIsLink(path);
  }
}

/** Whether a path inside a folder is a folder, with no link along the way. */
function isRealFolder(folder: string, path: string): boolean {
  const parts = path.split(sep);
  return ['', ...parts].every((_, index) =>
    lstatSync(join(folder, ...parts.slice(0, index)), { throwIfNoEntry: false })?.isDirectory(),
  );
}

/** Returns a folder name for any text: readable, short enough for every file system, and unique per text. */
function safeName(text: string): string {
  const readable = text.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, READABLE_CHARACTERS);
  const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_CHARACTERS);
  return `${readable}-${hash}`;
}
