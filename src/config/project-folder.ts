import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { CONFIG_FILE_NAMES } from './config-file.js';
import type { DevFlags } from './dev-flags.js';
import { type DevConfig, resolveConfig } from './resolve.js';

/**
 * Finds the project folder: the given one or, if it has nothing to run, the nearest parent folder with a config file. Only
 * this user's folders and files count, up to the root of the repository. Otherwise, anyone who can put a config file into a
 * parent folder could run programs as any user who starts a dev server below it.
 * @returns an absolute path; the given folder if there is no other, or if it does not exist
 */
export async function findProjectFolder(flags: DevFlags): Promise<string> {
  const given = resolve(flags.folder ?? '.');
  if (flags.config !== undefined || !statSync(given, { throwIfNoEntry: false })?.isDirectory()) return given;
  const folder = realpathSync(given);
  const above = findConfigAbove(folder);
  return above === undefined || (await hasSomethingToRun({ ...flags, folder })) ? folder : above;
}

/** Returns a remark if the dev server runs for a parent of the given folder; undefined otherwise. */
export function describeProjectAbove(folder: string | undefined, config: DevConfig): string | undefined {
  const given = realpathSync(resolve(folder ?? '.'));
  return given === config.project || !given.startsWith(`${config.project}${sep}`)
    ? undefined
    : `${given} has nothing to run, so jamdev uses the project of ${config.configFile}.`;
}

/** Whether `jamdev dev` finds something to run in a folder. */
export async function canStartIn(folder: string): Promise<boolean> {
  return hasSomethingToRun({ folder: await findProjectFolder({ folder }) });
}

async function hasSomethingToRun(flags: DevFlags): Promise<boolean> {
  try {
    await resolveConfig(flags);
    return true;
  } catch (error) {
    // Any other error is about this folder and is reported later.
    return !(error instanceof JamdevError && error.code === 'NothingToRun');
  }
}

function findConfigAbove(folder: string): string | undefined {
  const root = findRepository(folder);
  for (let above = folder; root !== undefined && above !== root; ) {
    above = dirname(above);
    if (!isOwn(above)) return undefined;
    const files = CONFIG_FILE_NAMES.map((name) => join(above, name)).filter((file) => existsSync(file));
    if (files.length > 0) return files.every(isOwn) ? above : undefined;
  }
  return undefined;
}

/** Finds the repository of a folder. `.git` is a folder, or a file in worktrees and submodules. */
function findRepository(folder: string): string | undefined {
  for (let root = folder; ; root = dirname(root)) {
    if (existsSync(join(root, '.git'))) return root;
    if (dirname(root) === root) return undefined;
  }
}

function isOwn(path: string): boolean {
  return process.getuid === undefined || statSync(path).uid === process.getuid();
}
