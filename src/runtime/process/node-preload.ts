import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { noteHandled } from '../../os/debug/debug-log.js';
import { writeOwnFile } from '../../records/own-file.js';
import { makeOwnFolder } from '../../records/own-folder.js';
import { createStateHome, findStateHome } from '../../records/state-home.js';
import { joinModules } from './join-modules.js';

/** Passes the backend's port to the preload; see remap-8080.cjs. */
export const PRELOAD_PORT_VARIABLE = 'JAMDEV_BACKEND_PORT';

/** The file that is listed in NODE_OPTIONS. */
const ENTRY = 'remap-8080.cjs';
/** Modules that are joined into the same file, because the entry loads them. */
const PARTS = [
  'report-writes.cjs',
  'wrap-functions.cjs',
  'write-operations.cjs',
  'write-report.cjs',
  'foreign-runs.cjs',
  'watch-databases.cjs',
  'watch-programs.cjs',
  'watch-workers.cjs',
] as const;
/** Modules that only some processes load. */
const NAMES = [ENTRY, 'stand-by.cjs', 'shift-clock.cjs', 'lead-control-socket.cjs', 'wrap-functions.cjs'] as const;
const PACKAGED = fileURLToPath(new URL('.', import.meta.url));
const HASH_CHARACTERS = 12;

/**
 * Keeps jamdev's preload outside of its package, where updates and removals of packages do not reach it: a backend with
 * a missing preload does not start.
 */
export class NodePreload {
  /** Read at the start, while the package exists. */
  readonly #sources = NAMES.map((name) => (name === ENTRY ? readJoined() : readPackaged(name)));
  readonly #hash = createHash('sha256').update(this.#sources.join('\0')).digest('hex').slice(0, HASH_CHARACTERS);

  /** Returns the path of an existing copy. @param name by default, the preload itself @returns an absolute path */
  path(name: (typeof NAMES)[number] = ENTRY): string {
    const kept = this.#pathsIn(findStateHome().root);
    const preload = kept.every((path) => existsSync(path)) ? kept[0] : this.#keep();
    return join(dirname(preload), name);
  }

  #pathsIn(root: string): [string, ...string[]] {
    const [first, ...others] = NAMES;
    const toPath = (name: string) => join(root, 'preloads', this.#hash, name);
    return [toPath(first), ...others.map(toPath)];
  }

  #keep(): string {
    try {
      const { root } = createStateHome();
      const paths = this.#pathsIn(root);
      for (const folder of [join(root, 'preloads'), join(root, 'preloads', this.#hash)]) makeOwnFolder(folder);
      // The first file is written last, because it loads the others.
      for (const [index, source] of [...this.#sources.entries()].reverse()) writeOwnFile(paths[index] ?? '', source);
      return paths[0];
    } catch (error) {
      noteHandled('processes', 'keeping a copy of the preload', error);
      // The copy may fail, for example because the disk is full. The file in the package works as long as it exists.
      return join(PACKAGED, ENTRY);
    }
  }
}

function readPackaged(name: string): string {
  return readFileSync(join(PACKAGED, name), 'utf8');
}

function readJoined(): string {
  return joinModules(readPackaged(ENTRY), Object.fromEntries(PARTS.map((name) => [name, readPackaged(name)])));
}

/** Reads the modules that pause a process in standby, by file name. */
export function readStandBy(): Record<string, string> {
  const names: readonly (typeof NAMES)[number][] = ['stand-by.cjs', 'shift-clock.cjs'];
  return Object.fromEntries(names.map((name) => [name, readPackaged(name)]));
}

/** Puts the standby preload in front of NODE_OPTIONS, because it has to run before any code that other options load. */
export function withStandBy(nodeOptions: string | undefined, standBy: string): string {
  return `${requireOption(standBy)} ${nodeOptions ?? ''}`.trim();
}

/**
 * Appends jamdev's preload to NODE_OPTIONS. The preload is a CommonJS file for `--require`, not for `--import`
 * (docs/decisions/005-preload-by-require.md).
 */
export function withPreload(nodeOptions: string | undefined, preload: string): string {
  const option = requireOption(preload);
  return nodeOptions === undefined || nodeOptions.trim() === '' ? option : `${nodeOptions} ${option}`;
}

function requireOption(path: string): string {
  return `--require "${path.replace(/["\\]/g, '\\$&')}"`;
}
