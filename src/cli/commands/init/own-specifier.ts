import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { noteHandled } from '../../../os/debug/debug-log.js';

/** The jamdev that runs: where it is, and its version. */
export interface OwnInstallation {
  /** Absolute path of its package, links resolved. */
  folder: string;
  version: string;
}

/**
 * Finds how package.json of a new app can name the jamdev that runs: by its version if it came from a registry, otherwise
 * by a path. Without evidence of a registry it is the path, because someone else could own the name there.
 * @param target absolute path of the app's folder, to which paths are relative
 * @param cwd where the command was started; Yarn's Plug'n'Play says nowhere else which project it runs for
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

/** What a package.json says about jamdev. */
interface Request {
  specifier: string;
  /** Folder of the package.json. */
  from: string;
}

/** The nearest package.json above a path that depends on jamdev. */
function findRequest(path: string): Request | undefined {
  for (let from = dirname(path); ; from = dirname(from)) {
    const { dependencies, devDependencies, optionalDependencies } = readJson(join(from, 'package.json'));
    const specifier = { ...optionalDependencies, ...devDependencies, ...dependencies }.jamdev;
    if (typeof specifier === 'string') return { specifier, from };
    if (dirname(from) === from) return undefined;
  }
}

/** @returns undefined if the request does not tell where the package came from */
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
  // Git repositories and URLs; all else is a range or a tag of a registry.
  return /[:/]/.test(specifier) && !specifier.startsWith('npm:') ? specifier : version;
}

/** Package managers note the source of a package in the folder of packages, or in the name of its own. */
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

/** @returns an empty object if there is no such file, or if it is not JSON: then it has nothing to say */
function readJson(file: string): Manifest {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as Manifest | null) ?? {};
  } catch (error) {
    noteHandled('cli', `reading ${file}`, error);
    return {};
  }
}
