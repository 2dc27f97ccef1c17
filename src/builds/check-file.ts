import { statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoreError, noteHandled } from '../os/debug/debug-log.js';
import { errorCode } from '../os/error-code.js';
import { isThere } from '../os/is-there.js';
import { openRegularFile, readRegularFile } from '../os/regular-file.js';
import { commandEnvironment } from '../processes/command-environment.js';
import { findProgram } from '../processes/find-program.js';
import { runBuildProcess } from './build-process.js';
import type { DefaultCheck } from './default-check.js';
import { findModuleFormat } from './module-format.js';
import type { ModuleFormat, SyntaxParser } from './syntax-parser.js';

/** Larger files are generated; `node --check` reads them, without taking this program's memory. */
const MAX_PARSED_BYTES = 4 * 1024 * 1024;
/** Compiles files without leaving anything on the disk, as `python -m py_compile` would. */
const PYTHON_CHECK = 'import sys\nfor path in sys.argv[1:]: compile(open(path, "rb").read(), path, "exec")';

/** What a folder needs to be run: https://nodejs.org/api/modules.html#folders-as-modules, and for Python `__main__.py`. */
const PROGRAMS_IN_FOLDERS = ['package.json', 'index.js', 'index.json', 'index.node', '__main__.py'];
/** Errors that say that a path leads nowhere: into a file, back to itself by links, or to a name that is too long. */
const NEVER_THERE = ['ENOTDIR', 'ELOOP', 'ENAMETOOLONG'];

/** A file that can't run. */
export interface BadFile {
  /** Absolute path. */
  path: string;
  problem: 'syntax error' | 'missing' | 'not a file';
  /** What the check printed about it. */
  lines: string[];
}

/** What checks are made with. */
export interface CheckSurroundings {
  cwd: string;
  /** The service's own variables. */
  env: Record<string, string>;
  /** Finds out faster than a process. Default: none. */
  parser?: SyntaxParser | undefined;
  /** How long all checks of a change may take, in ms. */
  timeMs?: number;
}

/**
 * Checks one file. The program itself has to exist: a build tool that deletes its output before it writes it again must
 * not end sessions in between. Any other file that is gone is not loaded.
 * @returns undefined when nothing is known to be wrong with it
 */
export async function checkFile(
  check: DefaultCheck,
  path: string,
  { cwd, env, parser }: CheckSurroundings,
  signal: AbortSignal,
): Promise<BadFile | undefined> {
  if (!(await isReadable(path))) return badIfMissing(check, path);
  if (check.language === 'node' && path.endsWith('.json')) return checkJson(path);
  // The check needs no loader or inspector that is meant for backends.
  const environment = { ...commandEnvironment(cwd, env), NODE_OPTIONS: '' };
  const format = check.language === 'node' ? await findModuleFormat(path) : undefined;
  const accepted =
    format === undefined ? undefined : await parse(check, path, format, { cwd, env: environment, parser });
  if (accepted === true) return undefined;
  const run = async (args: string[], input?: string) => {
    const tidy = (line: string) => line.replace('[stdin]', path);
    const attempt = { file: check.program, args, cwd, env: environment, tidy, ...(input !== undefined && { input }) };
    const { code, lines } = await runBuildProcess(attempt, signal, () => undefined);
    return code === 1 ? lines : undefined;
  };
  const lines =
    (await run(check.language === 'node' ? ['--check', path] : ['-c', PYTHON_CHECK, path])) ??
    // Whatever has the syntax of a module passes there, unless its name or its package says that it is one.
    (accepted === false && format === 'either' ? await run(['--check', '--input-type=module', '-'], path) : undefined);
  if (lines === undefined || signal.aborted) return undefined;
  return (await isReadable(path)) ? { path, problem: 'syntax error', lines } : badIfMissing(check, path);
}

/** Parses JSON as Node.js does when a program loads it, with or without a byte order mark. */
async function checkJson(path: string): Promise<BadFile | undefined> {
  const source = await readRegularFile(path, MAX_PARSED_BYTES).catch(ignoreError('builds', 'reading a file to check'));
  if (source === undefined) return undefined;
  try {
    JSON.parse(source.replace(/^\uFEFF/, ''));
    return undefined;
  } catch (error) {
    noteHandled('builds', 'parsing JSON that a program loads', error);
    return { path, problem: 'syntax error', lines: [`${path}: ${String(error)}`] };
  }
}

/** @returns undefined if it is not known: another Node.js runs the program, or nothing is there to parse it with */
async function parse(
  check: DefaultCheck,
  path: string,
  format: ModuleFormat,
  { cwd, env, parser }: Omit<CheckSurroundings, 'env'> & { env: NodeJS.ProcessEnv },
): Promise<boolean | undefined> {
  if (parser === undefined || !(await isOwnNode(check, cwd, env))) return undefined;
  const source = await readRegularFile(path, MAX_PARSED_BYTES).catch(ignoreError('builds', 'reading a file to check'));
  return source === undefined ? undefined : parser.accepts(source, format);
}

function badIfMissing({ entry }: DefaultCheck, path: string): BadFile | undefined {
  if (path !== entry) return undefined;
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return { path, problem: 'missing', lines: [] };
    return stats.isFile() || (stats.isDirectory() && isRunnableFolder(path))
      ? undefined
      : { path, problem: 'not a file', lines: [] };
  } catch (error) {
    if (NEVER_THERE.includes(errorCode(error))) return { path, problem: 'missing', lines: [] };
    // A folder on the way may not be entered: nothing is known of the file.
    noteHandled('builds', 'looking for a file to check', error);
    return undefined;
  }
}

/** Whether Node.js or Python may run a folder as a program. */
function isRunnableFolder(path: string): boolean {
  return PROGRAMS_IN_FOLDERS.some((name) => isThere(join(path, name)));
}

async function isReadable(path: string): Promise<boolean> {
  try {
    await (await openRegularFile(path)).close();
    return true;
  } catch (error) {
    noteHandled('builds', 'reading a file to check', error);
    return false;
  }
}

/** Whether a program is run by the Node.js that runs jamdev, which takes the same syntax. */
async function isOwnNode({ program }: DefaultCheck, cwd: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const path = findProgram({ file: program, cwd, env });
  if (path === undefined) return false;
  const [its, own] = await Promise.all(
    [realpath(path), realpath(process.execPath)].map((each) =>
      each.catch(ignoreError('builds', 'resolving the path of Node.js', '')),
    ),
  );
  return its !== '' && its === own;
}
