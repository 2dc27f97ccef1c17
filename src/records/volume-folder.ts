import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { connectErrors } from '../contract/errors/connect-errors.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { errorCode } from '../os/error-code.js';
import { stateErrors } from './state-errors.js';

/** How much of a name stays readable in a folder's name. */
const READABLE_CHARACTERS = 40;
const HASH_CHARACTERS = 12;

/** The folder that a backend's mount shows at /plane-data. */
export interface VolumeFolder {
  /** The folder for all volumes; absolute. */
  volumes: string;
  /** Absolute path, inside of `volumes`. */
  path: string;
}

/**
 * The folder that a backend's mount shows at /plane-data: one per service and key, and in it a sub path if one is asked
 * for. It outlives the backend.
 * @param places folders for all volumes, absolute: of a key that has its folder in none it is made in the first one
 * @param mount true, or a path inside the key's folder
 * @returns undefined when nothing is to be mounted
 * @throws JamdevError `InvalidRequest` for a path that leads elsewhere
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
  // As the platform has it: no absolute path, no dots; backslashes too, for what they mean elsewhere.
  const parts = mount.split('/').filter((part, index) => part !== '' || index === 0);
  if (parts.some((part) => part === '' || part === '.' || part === '..' || /[\\\0]/.test(part))) {
    throw connectErrors.mountOutside(mount);
  }
  return { volumes, path: join(folder, ...parts) };
}

/** Above it, the state folder lets nobody in but its owner. */
const WRITABLE_BY_ALL = 0o777;

/**
 * Creates it, writable by whatever user a container runs as: that one is seldom the one who runs jamdev. What a container
 * put there is never followed: a link in it could lead anywhere on this machine.
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

/** Whether a path below a folder is a folder, with no link on the way. */
function isRealFolder(folder: string, path: string): boolean {
  const parts = path.split(sep);
  return ['', ...parts].every((_, index) =>
    lstatSync(join(folder, ...parts.slice(0, index)), { throwIfNoEntry: false })?.isDirectory(),
  );
}

/** A folder name for any text: readable, short enough for every file system, and different for different texts. */
function safeName(text: string): string {
  const readable = text.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, READABLE_CHARACTERS);
  const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_CHARACTERS);
  return `${readable}-${hash}`;
}
