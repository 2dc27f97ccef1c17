import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What jamdev's own package.json says of it. */
export interface OwnPackage {
  version: string;
  /** The Node.js that it needs, as `>=20.19`. */
  engines: { node: string };
}

/** Where npm has put jamdev: the nearest folder above with a package.json, however deep the build has put this. */
export function ownFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

/** Reads jamdev's own package.json, which is part of what npm installs. */
export function readOwnPackage(): OwnPackage {
  return JSON.parse(readFileSync(join(ownFolder(), 'package.json'), 'utf8'));
}
