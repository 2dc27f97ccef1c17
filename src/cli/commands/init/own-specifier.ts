import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { noteHandled } from '../../../os/debug/debug-log.js';

/** The running jamdev: its location and version. */
export interface OwnInstallation {
  /** Absolute path of the package with resolved links. */
  folder: string;
  version: string;
}

/**
 * Finds how package.json of a new app can depend on the running jamdev: by version if it came from a registry,
 * otherwise by path. Without evidence of a registry, the path is used, because the name in a registry could belong to
 * someone else.
 * @param target absolute path of the app's folder, to which paths are relative
 * @param cwd the folder in which the command was started; with Yarn's Plug'n'Play, only this identifies the project
 */
export function findOwnSpecifier({ folder, version }: OwnInstallation, target: string, cwd: string): string {
  const byPath = (path: string) => `file:${relative(target, path).split(sep).join('/') || '.'}`;
  if (!folder.split(sep).includes('node_modules')) return byPath(folder);
  const isZipped = folder.includes(`.zip${sep}`);
  const request = findRequest(folder) ?? (isZipped ? findRequest(join(cwd, 'x')) : undefined);
  const specifier = request && resolveRequest(request, version, byPath);
  if (specifier !== undefined) return specifier;
  return isFromRegistry(folder, version) ? version : byPath(folder);
}

/** A dependency on jamdev in a package.json. */
interface Request {
  specifier: string;
  /** The folder of the package.json. */
  from: string;
}

/** Finds the nearest package.json above a path that depends on jamdev. */
function findRequest(path: string): Request | undefined {
  for (let from = dirname(path); ; from = dirname(from)) {
    const { dependencies, devDependencies, optionalDependencies } = readJson(join(from, 'package.json'));
    const specifier = { ...optionalDependencies, ...devDependencies, ...dependencies }.jamdev;
    if (typeof specifier === 'string') return { specifier, from };
    if (dirname(from) === from) return undefined;
  }
}

/** @returns undefined if the dependency does not show where the package came from */
function resolveRequest(
  { specifier, from }: Request,
  version: string,
  byPath: (path: string) => string,
): string | undefined {
  if (/^(workspace|catalog|link|portal):/.test(specifier)) return undefined;
  if (/^(file:|\.{0,2}\/)|^[^:]*\.tgz$/.test(specifier)) {
    const path = resolve(from, specifier.replace(/^file:(\/\/(?=\/))?/, '').replace(/::.*/, ''));
    return existsSync(path) ? byPath(path) : undefined;
  }
  // Matches Git repositories and URLs; everything else is a range or a tag of a registry.
  return /[:/]/.test(specifier) && !specifier.startsWith('npm:') ? specifier : version;
}

/**
 * Whether a package came from a registry. Package managers record this in the packages folder, or in the name of the
 * package's own folder.
 */
function isFromRegistry(folder: string, version: string): boolean {
  const packages = readJson(join(dirname(folder), '.package-lock.json')).packages as
    | Record<string, { resolved?: string } | undefined>
    | undefined;
  if (packages?.['node_modules/jamdev']?.resolved?.startsWith('http')) return true;
  const parts = folder.split(sep).map((part) => part.replace(/_.*/, ''));
  if (parts.includes(`jamdev@${version}`) && (parts.includes('.pnpm') || parts.includes('.bun'))) return true;
  return basename(dirname(dirname(folder))).startsWith('jamdev-npm-');
}

type Manifest = Record<string, Record<string, unknown> | undefined>;

/** @returns an empty object if the file does not exist or is not JSON */
function readJson(file: string): Manifest {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as Manifest | null) ?? {};
  } catch (error) {
    noteHandled('cli', `reading ${file}`, error);
    return {};
  }
}
