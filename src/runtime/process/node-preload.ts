import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeOwnFile } from '../../records/own-file.js';
import { makeOwnFolder } from '../../records/own-folder.js';
import { createStateHome, findStateHome } from '../../records/state-home.js';

/** Tells the preload the backend's port; see remap-8080.cjs. */
export const PRELOAD_PORT_VARIABLE = 'JAMDEV_BACKEND_PORT';

const NAME = 'remap-8080.cjs';
const PACKAGED = fileURLToPath(new URL(`./${NAME}`, import.meta.url));
const HASH_CHARACTERS = 12;

/**
 * Keeps jamdev's preload outside of its package, where an update or removal of packages does not reach it: a backend
 * whose preload is missing does not start.
 */
export class NodePreload {
  /** Read at the start, while the package exists. */
  readonly #source = readFileSync(PACKAGED, 'utf8');
  readonly #hash = createHash('sha256').update(this.#source).digest('hex').slice(0, HASH_CHARACTERS);

  /** @returns the path of the preload, which is there */
  path(): string {
    const kept = this.#pathIn(findStateHome().root);
    return existsSync(kept) ? kept : this.#keep();
  }

  #pathIn(root: string): string {
    return join(root, 'preloads', this.#hash, NAME);
  }

  #keep(): string {
    try {
      const { root } = createStateHome();
      const path = this.#pathIn(root);
      for (const folder of [join(root, 'preloads'), join(root, 'preloads', this.#hash)]) makeOwnFolder(folder);
      writeOwnFile(path, this.#source);
      return path;
    } catch {
      // For example, the disk is full: the one in the package is used as long as it exists.
      return PACKAGED;
    }
  }
}

/**
 * NODE_OPTIONS with jamdev's preload behind whatever stands there already.
 *
 * The preload is a CommonJS file given by `--require`: `--import` was measured to cost a Node.js backend 6 ms more at
 * every start, and a Node.js older than 18.18 refuses it in NODE_OPTIONS and does not start at all.
 */
export function withPreload(nodeOptions: string | undefined, preload: string): string {
  const option = `--require "${preload.replace(/["\\]/g, '\\$&')}"`;
  return nodeOptions === undefined || nodeOptions.trim() === '' ? option : `${nodeOptions} ${option}`;
}
