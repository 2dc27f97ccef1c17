import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DEFAULT_START_FILE } from '../../config/npm-script.js';
import { noteHandled } from '../../os/debug/debug-log.js';
import { MAX_TEXT_BYTES } from '../../os/regular-file.js';
import type { CommandLine } from '../../processes/command-line.js';
import { statIfAny } from '../../processes/find-program.js';

const RUNNERS: readonly string[] = ['npm', 'pnpm', 'yarn'];
/** Options that affect only the output of the runner itself. */
const QUIET = ['-s', '--silent'];
/** Files that package runners read in a folder and its parents, in addition to their environment. */
const SETTINGS = ['package.json', '.npmrc', '.yarnrc', '.yarnrc.yml', 'pnpm-workspace.yaml'];

/** Whether a command is a package runner. */
export function isPackageRunner({ file }: CommandLine): boolean {
  return RUNNERS.includes(basename(file));
}

/**
 * Finds the script that `npm start` or `npm run NAME` runs in a folder, if it runs nothing else.
 * @returns its command line, or the reason why it can't be started ahead of time, as the end of a sentence
 */
export function findPackageScript({ file, args }: CommandLine, folder: string): { script: string } | { why: string } {
  const runner = basename(file);
  const [verb = '', ...others] = args.filter((word) => !QUIET.includes(word));
  const [event = '', ...rest] = verb === 'start' ? [verb, ...others] : others;
  if (event === '' || !['start', 'run', 'run-script'].includes(verb))
    return { why: `"${runner} ${verb}" may run anything` };
  // All words after "--" are for the script.
  const end = rest.indexOf('--');
  const option = rest.slice(0, end === -1 ? undefined : end).find((word) => word.startsWith('-'));
  if (option !== undefined) return { why: `${runner} has the option ${option}` };
  const scripts = readScripts(folder);
  if (scripts === undefined) return { why: 'its folder has no package.json that can be read' };
  const around = [`pre${event}`, `post${event}`].find((name) => isScript(scripts[name]));
  if (around !== undefined) return { why: `package.json has a script "${around}" too` };
  const script = scripts[event];
  if (isScript(script)) return { script };
  const hasDefault = event === 'start' && runner !== 'yarn';
  return hasDefault && statIfAny(join(folder, DEFAULT_START_FILE))?.isFile()
    ? { script: `node ${DEFAULT_START_FILE}` }
    : { why: `package.json has no script "${event}"` };
}

/**
 * Identifies the package.json of a folder or its nearest parent. Node.js reads it before the first preload, and does
 * not notice later changes.
 */
export function identifyManifest(folder: string): string {
  const manifests = foldersAbove(folder).map((each) => describeFile(join(each, 'package.json')));
  return manifests.find((each) => each !== undefined) ?? '';
}

/** Identifies the settings of a package runner in a folder, so that changes are noticed. */
export function identifyRunnerSettings(folder: string, { HOME: home }: NodeJS.ProcessEnv): string {
  const folders = [...foldersAbove(folder), ...(home === undefined ? [] : [home])];
  const stats = folders.flatMap((each) => SETTINGS.map((name) => describeFile(join(each, name))));
  return stats.filter((each) => each !== undefined).join(' ');
}

function describeFile(path: string): string | undefined {
  const { dev, ino, size, mtimeMs } = statIfAny(path) ?? {};
  return ino === undefined ? undefined : `${dev}:${ino}:${size}:${mtimeMs}`;
}

function readScripts(folder: string): Record<string, unknown> | undefined {
  const path = join(folder, 'package.json');
  const stats = statIfAny(path);
  // Reading a named pipe would wait for a writer and block everything else.
  if (stats?.isFile() !== true || stats.size > MAX_TEXT_BYTES) return undefined;
  try {
    const { scripts } = JSON.parse(readFileSync(path, 'utf8')) as { scripts?: unknown };
    return typeof scripts === 'object' && scripts !== null ? (scripts as Record<string, unknown>) : {};
  } catch (error) {
    noteHandled('processes', 'reading package.json', error);
    return undefined;
  }
}

function isScript(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function foldersAbove(folder: string): string[] {
  return dirname(folder) === folder ? [folder] : [folder, ...foldersAbove(dirname(folder))];
}
