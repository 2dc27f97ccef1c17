import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Fields of jamdev's own package.json. */
export interface OwnPackage {
  version: string;
  /** The required version of Node.js, such as `>=20.19`. */
  engines: { node: string };
}

/**
 * Returns jamdev's package folder: the nearest parent folder with a package.json, whatever the depth of the build output.
 */
export function ownFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

/** Reads jamdev's own package.json, which npm always installs. */
export function readOwnPackage(): OwnPackage {
  return JSON.parse(readFileSync(join(ownFolder(), 'package.json'), 'utf8'));
}
