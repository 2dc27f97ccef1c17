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
 * All checks of one change together take no longer than this; what is not checked by then passes. It is for programs that
 * hang. It must not be reached on a busy machine, where a file that passes unchecked could end running sessions.
 */
const CHECK_TIME_MS = 20_000;
const CHECKS_AT_ONCE = 2;
/** A command whose program can be checked. */
const LANGUAGES = [
  // With options whose value follows a space, the program may be another file: such commands are not checked.
  { language: 'node', program: /^node$/, option: /^--[\w-]+(=.*)?$/, file: /\.[cm]?js$/ },
  { language: 'python', program: /^python(3(\.\d+)?)?$/, option: /^-[uBOEIsS]+$/, file: /\.py$/ },
] as const;
/** Node.js parses JSON that a program requires or imports when it loads it. */
const DATA = /\.json$/;
/** Options of Node.js whose value follows a space. */
const TAKES_VALUE =
  /^--(require|import|loader|experimental-loader|env-file|conditions|input-type|title|eval|print|stack-trace-limit|watch-path|test-[\w-]+)$/;

/** How a program is checked before it reaches sessions, where a service has no build of its own. */
export interface DefaultCheck {
  language: 'node' | 'python';
  /** The program, as the command names it: `node` or `/usr/bin/python3`. */
  program: string;
  /** Absolute path of the file that it runs. */
  entry: string;
}

/**
 * Finds how changes to a service can be checked: for a plain `node file.js` or `python file.py`, and for nothing else,
 * since anything more would be a guess.
 * @returns undefined when there is no such check, or the service has a build of its own
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
 * Checks the syntax of the files that a change brings to running sessions: the entry file, and the changed files that
 * the program is known to load. A file that it does not load, such as JSX of a front end in the same folder, is not checked.
 * @param changed absolute paths
 * @param loaded absolute paths of files that running backends have loaded
 * @param signal ends the check
 * @returns the first bad file; undefined when nothing is known to be wrong
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
 * Finds out which files a program is known to load.
 * @param loaded absolute paths of files that running backends have loaded
 * @param options.data whether to include JSON that is loaded like code
 * @returns tells it of an absolute path
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

/** Node.js reads the package.json of a program to know the format of its modules. */
function isPackageOf(path: string, entry: string): boolean {
  return basename(path) === 'package.json' && entry.startsWith(join(dirname(path), sep));
}

/** Python keeps the compiled form of imported modules, and only of these, next to them, unless it is told not to. */
function wasImportedByPython(path: string): boolean {
  const name = basename(path, '.py');
  try {
    return readdirSync(join(dirname(path), '__pycache__')).some((each) => each.startsWith(`${name}.`));
  } catch (error) {
    noteHandled('builds', "looking for Python's compiled modules", error);
    return false;
  }
}
