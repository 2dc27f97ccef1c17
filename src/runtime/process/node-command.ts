import { closeSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { noteHandled } from '../../os/debug/debug-log.js';
import { type CommandLine, splitPlainCommand } from '../../processes/command-line.js';
import { findProgram } from '../../processes/find-program.js';
import { normalizeNodeOption, parseNodeArguments } from '../../processes/runners.js';
import { findPackageScript, identifyManifest, identifyRunnerSettings, isPackageRunner } from './package-script.js';

/** Beginnings of Node.js options with which a process can't be paused between its start and the app. */
const COLD_OPTIONS: readonly { option: RegExp; why: string }[] = [
  { option: /^--(?:inspect|debug)/, why: 'a debugger would meet the process while it waits' },
  { option: /^--(?:watch|test|bench|run)/, why: 'Node.js starts other processes for the app' },
  { option: /^(?:-e|-p|-pe|-i|-c|-v|-h)$|^--(?:eval|print|interactive|check|version|help)/, why: 'it runs no file' },
  { option: /^--(?:env-file|(?:experimental-(?:default-)?)?config)/, why: 'it reads variables or options from a file' },
  { option: /^--(?:cpu-prof|heap-prof|prof$|prof-|perf-|trace-event)/, why: 'the recording would hold the waiting' },
  { option: /^--(?:permission|experimental-permission)/, why: 'it restricts what jamdev may do in the process' },
  {
    option: /^--(?:snapshot-blob|build-snapshot|experimental-sea)/,
    why: 'the app is loaded before jamdev can stop it',
  },
];

/** A command that is plain `node`, or a package runner with such a script, ready to be started. */
export interface NodeCommand extends CommandLine {
  /** Identifies the current program file and package.json, and all settings of the package runner. */
  program: string;
  /** The words after `node` in a package runner's script; undefined without a runner. */
  argumentsOfScript?: readonly string[];
}

/** Limit for scripts that run other scripts; deeper nesting is not treated as a plain command. */
const MAX_SCRIPTS = 4;

/**
 * Parses a command that can be started ahead of time, or returns the reason why not: `why` is the end of a sentence.
 */
export function readNodeCommand(
  command: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
  scripts = MAX_SCRIPTS,
): NodeCommand | { why: string } {
  const line = splitPlainCommand(command);
  if (line !== undefined && scripts > 0 && isPackageRunner(line)) return readRunnerCommand(line, cwd, env, scripts);
  if (line === undefined || !/^node(?:js)?$/.test(basename(line.file))) return { why: 'its command is not plain node' };
  const { script, options } = parseNodeArguments(line.args);
  const cold = findColdOption(env.NODE_OPTIONS ?? '', options);
  if (cold !== undefined) return { why: cold };
  if (script === undefined) return { why: 'its command names no file' };
  const program = identifyProgram(line.file, cwd, env);
  if (program === undefined) return { why: `${line.file} is not the program of Node.js itself` };
  return { ...line, program: `${program}\n${identifyManifest(cwd)}` };
}

function readRunnerCommand(line: CommandLine, cwd: string, env: NodeJS.ProcessEnv, scripts: number) {
  const found = findPackageScript(line, cwd);
  if ('why' in found) return found;
  const inner = readNodeCommand(found.script, cwd, env, scripts - 1);
  if ('why' in inner) return inner;
  const runner = identifyFile(line.file, cwd, env);
  if (runner === undefined) return { why: `there is no program ${line.file}` };
  const argumentsOfScript = inner.argumentsOfScript ?? inner.args;
  const program = [runner, inner.program, found.script, identifyRunnerSettings(cwd, env)].join('\n');
  return { ...line, program, argumentsOfScript };
}

/** Finds an option of Node.js that requires a cold start. @returns the reason as the end of a sentence */
export function findColdOption(nodeOptions: string, options: readonly string[]): string | undefined {
  for (const word of [...optionsIn(nodeOptions), ...options].map(normalizeNodeOption)) {
    const rule = COLD_OPTIONS.find(({ option }) => option.test(word));
    if (rule !== undefined) return `it has ${word.split('=')[0]}: ${rule.why}`;
  }
  return undefined;
}

/** Identifies the program of Node.js itself. @returns undefined for a script in its place */
function identifyProgram(file: string, cwd: string, env: NodeJS.ProcessEnv): string | undefined {
  const found = findProgram({ file, cwd, env });
  return found === undefined || beginsAsScript(found) ? undefined : identifyFile(file, cwd, env);
}

/** Identifies a program file, so that a replacement is noticed. @returns undefined if there is none */
function identifyFile(file: string, cwd: string, env: NodeJS.ProcessEnv): string | undefined {
  const found = findProgram({ file, cwd, env });
  if (found === undefined) return undefined;
  try {
    const path = realpathSync(found);
    const { dev, ino, mtimeMs } = statSync(path);
    return `${path} ${dev} ${ino} ${mtimeMs}`;
  } catch (error) {
    noteHandled('processes', 'looking at the program', error);
    return undefined;
  }
}

/**
 * Whether a program is a script: a version manager may install one as `node`, which chooses and starts Node.js later.
 */
function beginsAsScript(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const start = Buffer.alloc(2);
    readSync(file, start);
    return start.toString('latin1') === '#!';
  } finally {
    closeSync(file);
  }
}

function optionsIn(nodeOptions: string): string[] {
  return nodeOptions.split(/[\s"']+/).filter((word) => word.startsWith('-'));
}
