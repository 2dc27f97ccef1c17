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

/** Larger files are generated. `node --check` reads them in its own process, without using this program's memory. */
const MAX_PARSED_BYTES = 4 * 1024 * 1024;
/** Compiles files without writing to disk, unlike `python -m py_compile`. */
const PYTHON_CHECK = 'import sys\nfor path in sys.argv[1:]: compile(open(path, "rb").read(), path, "exec")';

/**
 * Files that make a folder runnable: https://nodejs.org/api/modules.html#folders-as-modules, and for Python `__main__.py`.
 */
const PROGRAMS_IN_FOLDERS = ['package.json', 'index.js', 'index.json', 'index.node', '__main__.py'];
/** Errors that mean that nothing can exist at a path: it leads through a file, links form a loop, or a name is too long. */
const NEVER_THERE = ['ENOTDIR', 'ELOOP', 'ENAMETOOLONG'];

/** A file that can't run. */
export interface BadFile {
  /** Absolute path. */
  path: string;
  problem: 'syntax error' | 'missing' | 'not a file';
  /** Output of the check about the file. */
  lines: string[];
}

/** The surroundings of a check. */
export interface CheckSurroundings {
  cwd: string;
  /** The service's own variables. */
  env: Record<string, string>;
  /** Checks JavaScript faster than a process does. Default: none. */
  parser?: SyntaxParser | undefined;
  /** Time limit for all checks of a change, in ms. */
  timeMs?: number;
}

/**
 * Checks one file. Only the program itself must exist: a build tool that deletes its output before writing it again must not
 * end sessions in between. Any other missing file is simply not loaded.
 * @returns undefined if nothing is known to be wrong with it
 */
export async function checkFile(
  check: DefaultCheck,
  path: string,
  { cwd, env, parser }: CheckSurroundings,
  signal: AbortSignal,
): Promise<BadFile | undefined> {
  if (!(await isReadable(path))) return badIfMissing(check, path);
  if (check.language === 'node' && path.endsWith('.json')) return checkJson(path);
  // Loaders and inspectors in NODE_OPTIONS are meant for backends, not for the check.
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
    // `--check` accepts a file with module syntax, unless its name or package says that it is a module. So check such a file
    // as a module.
    (accepted === false && format === 'either' ? await run(['--check', '--input-type=module', '-'], path) : undefined);
  if (lines === undefined || signal.aborted) return undefined;
  return (await isReadable(path)) ? { path, problem: 'syntax error', lines } : badIfMissing(check, path);
}

/** Parses JSON the way Node.js does when a program loads it, with or without a byte order mark. */
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

/** @returns undefined if unknown: another Node.js runs the program, or there is no parser */
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
    // A parent folder can't be entered, so nothing is known about the file.
    noteHandled('builds', 'looking for a file to check', error);
    return undefined;
  }
}

/** Whether Node.js or Python can run a folder as a program. */
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

/** Whether the program runs on the same Node.js as jamdev, which accepts the same syntax. */
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
