import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join, relative, resolve, sep } from 'node:path';
import { quoteForShell } from '../../contract/errors/quote-for-shell.js';
import { noteHandled } from '../../os/debug/debug-log.js';
import { JAMDEV_BY } from './jamdev-by.js';

/** The folder and the package runner from which this program was called. */
export interface Call {
  /** The program's script with resolved links. */
  script: string;
  /** The folder of the user's shell; a package runner may have started this program in another one. */
  shellFolder: string;
  /** The folder of this program. */
  folder: string;
  /** The name of the package runner that started this program. */
  runner: string | undefined;
  /**
   * Whether Yarn loads packages from archives, so that there is no `node_modules`, and only Yarn finds the programs.
   */
  isPlugAndPlay: boolean;
  /** The PATH of the shell. */
  path: string;
}

/** Package managers that look for programs only in the current package, by the names of their runners. */
const RUN_BY: Readonly<Record<string, string>> = {
  pnpm: JAMDEV_BY.pnpm,
  pnpx: JAMDEV_BY.pnpm,
  pn: JAMDEV_BY.pnpm,
  pnx: JAMDEV_BY.pnpm,
  yarn: JAMDEV_BY.yarn,
  yarnpkg: JAMDEV_BY.yarn,
  bun: JAMDEV_BY.bun,
  bunx: JAMDEV_BY.bun,
};

/** Returns the command by which the user calls jamdev from their shell, such that a copied line works unchanged. */
export function ownCommand(call: Call): string {
  const { script, shellFolder, folder, runner = '', path } = call;
  if (call.isPlugAndPlay) {
    const { yarn } = JAMDEV_BY;
    return dependsOnJamdev(shellFolder) ? yarn : `cd ${quoteForShell(relative(shellFolder, folder))} && ${yarn}`;
  }
  const packageFolder = findUpwards(shellFolder, 'package.json') ?? shellFolder;
  const byRunner = RUN_BY[runner];
  if (byRunner !== undefined && isLinked(packageFolder)) return byRunner;
  if (findUpwards(shellFolder, join('node_modules', '.bin', 'jamdev')) !== undefined) return JAMDEV_BY.npm;
  if (isOnPath(script, path)) return 'jamdev';
  // npx has installed the program for this call in a separate folder, and will find it there again.
  if (script.includes(`${sep}_npx${sep}`)) return JAMDEV_BY.npm;
  return `node ${quoteForShell(relative(shellFolder, script))}`;
}

function isLinked(folder: string): boolean {
  return existsSync(join(folder, 'node_modules', '.bin', 'jamdev'));
}

function dependsOnJamdev(folder: string): boolean {
  const found = findUpwards(folder, 'package.json');
  if (found === undefined) return false;
  try {
    const manifest = JSON.parse(readFileSync(join(found, 'package.json'), 'utf8')) as Record<
      string,
      object | undefined
    >;
    return [manifest.dependencies, manifest.devDependencies].some((each) => each !== undefined && 'jamdev' in each);
  } catch (error) {
    // Yarn can't read it either.
    noteHandled('cli', 'reading package.json', error);
    return false;
  }
}

/**
 * Whether the program is in the user's PATH. Package runners add package folders to the PATH of their child processes,
 * which the user's shell does not have.
 */
function isOnPath(script: string, path: string): boolean {
  const folders = path.split(delimiter).filter((each) => each !== '' && !each.includes('node_modules'));
  const [first] = folders.map((each) => join(each, 'jamdev')).filter(existsSync);
  return first !== undefined && realpathSync(first) === script;
}

/** Returns the nearest folder, this one or a parent, that contains a file with this name. */
function findUpwards(from: string, name: string): string | undefined {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, name))) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}
