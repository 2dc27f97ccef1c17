import { readdirSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { ProcessServiceConfig } from '../config/service-config.js';
import { pause } from '../os/clock.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { createLimit } from '../os/limit.js';
import { splitPlainCommand } from '../processes/command-line.js';
import { type BadFile, type CheckSurroundings, checkFile } from './check-file.js';
import { findImportedModules } from './module-graph.js';
import { findPythonModules } from './python-modules.js';

/**
 * Time limit for all checks of one change together, for programs that hang. Files that are not checked by then pass. A busy
 * machine must not reach it, because a file that passes unchecked could end running sessions.
 */
const CHECK_TIME_MS = 20_000;
const CHECKS_AT_ONCE = 2;
/** Commands whose program can be checked. */
const LANGUAGES = [
  // If an option's value follows a space, the program may be another argument, so such commands are not checked.
  { language: 'node', program: /^node$/, option: /^--[\w-]+(=.*)?$/, file: /\.[cm]?js$/ },
  { language: 'python', program: /^python(3(\.\d+)?)?$/, option: /^-[uBOEIsS]+$/, file: /\.py$/ },
] as const;
/** JSON files, which Node.js parses when a program requires or imports them. */
const DATA = /\.json$/;
/** Options of Node.js whose value follows a space. */
const TAKES_VALUE =
  /^--(require|import|loader|experimental-loader|env-file|conditions|input-type|title|eval|print|stack-trace-limit|watch-path|test-[\w-]+)$/;

/** How to check a program before its changes reach sessions, for a service without a build command. */
export interface DefaultCheck {
  language: 'node' | 'python';
  /** The program as named in the command: `node` or `/usr/bin/python3`. */
  program: string;
  /** Absolute path of the file that it runs. */
  entry: string;
}

/**
 * Determines how to check changes of a service. Only a plain `node file.js` or `python file.py` is supported, since anything
 * else would be a guess.
 * @returns undefined if there is no such check, or if the service has a build command
 */
export function findDefaultCheck({
  command,
  build,
  cwd,
}: Pick<ProcessServiceConfig, 'command' | 'build' | 'cwd'>): DefaultCheck | undefined {
  const plain = build === undefined ? splitPlainCommand(command) : undefined;
  if (plain === undefined) return undefined;
  const name = plain.file.split('/').at(-1) ?? '';
  const kind = LANGUAGES.find(({ program }) => program.test(name));
  const at = plain.args.findIndex((arg) => !arg.startsWith('-'));
  const file = plain.args[at] ?? '';
  const options = plain.args.slice(0, at);
  if (kind === undefined || !kind.file.test(file) || TAKES_VALUE.test(options.at(-1) ?? '')) return undefined;
  if (!options.every((option) => kind.option.test(option))) return undefined;
  return { language: kind.language, program: plain.file, entry: resolve(cwd, file) };
}

/**
 * Checks the syntax of the files that a change brings to running sessions: the entry file, and changed files that the
 * program is known to load. Files that it does not load, such as a front end's JSX in the same folder, are not checked.
 * @param changed absolute paths
 * @param loaded absolute paths of files that running backends have loaded
 * @param signal ends the check
 * @returns the first bad file; undefined if nothing is known to be wrong
 */
export async function checkChange(
  check: DefaultCheck,
  changed: readonly string[],
  loaded: ReadonlySet<string>,
  surroundings: CheckSurroundings,
  signal: AbortSignal,
): Promise<BadFile | undefined> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const limit = createLimit(CHECKS_AT_ONCE);
  const checkAll = async () => {
    const files = await findFilesToCheck(check, changed, loaded);
    const results = await Promise.all(files.map((file) => limit(() => checkFile(check, file, surroundings, either))));
    return results.find((bad) => bad !== undefined);
  };
  try {
    return await Promise.race([checkAll(), pause(surroundings.timeMs ?? CHECK_TIME_MS, signal).then(() => undefined)]);
  } finally {
    over.abort();
  }
}

async function findFilesToCheck(
  check: DefaultCheck,
  changed: readonly string[],
  loaded: ReadonlySet<string>,
): Promise<string[]> {
  const candidates = changed.filter((path) => path !== check.entry);
  if (candidates.length === 0) return [check.entry];
  return [check.entry, ...candidates.filter(await isLoaded(check, loaded, { data: true }))];
}

/**
 * Determines which files a program is known to load.
 * @param loaded absolute paths of files that running backends have loaded
 * @param options.data whether to include JSON that is loaded like code
 * @returns a function that tells whether a file, given by absolute path, is loaded
 */
export async function isLoaded(
  { language, entry }: DefaultCheck,
  loaded: ReadonlySet<string>,
  { data = false } = {},
): Promise<(path: string) => boolean> {
  const pattern = LANGUAGES.find((each) => each.language === language)?.file ?? /^$/;
  if (language === 'python') {
    const modules = await findPythonModules(entry);
    return (path) => modules.has(path) || (pattern.test(path) && wasImportedByPython(path));
  }
  const imported = await findImportedModules(entry);
  return (path) =>
    (data && isPackageOf(path, entry)) ||
    ((pattern.test(path) || (data && DATA.test(path))) && (imported.has(path) || loaded.has(path)));
}

/** Whether a file is the package.json of a program, which Node.js reads to determine the module format. */
function isPackageOf(path: string, entry: string): boolean {
  return basename(path) === 'package.json' && entry.startsWith(join(dirname(path), sep));
}

/**
 * Whether Python has imported a module. Unless it is configured not to, it stores the compiled form of imported modules, and
 * only of these, next to them.
 */
function wasImportedByPython(path: string): boolean {
  const name = basename(path, '.py');
  try {
    return readdirSync(join(dirname(path), '__pycache__')).some((each) => each.startsWith(`${name}.`));
  } catch (error) {
    noteHandled('builds', "looking for Python's compiled modules", error);
    return false;
  }
}
