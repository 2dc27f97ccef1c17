import { closeSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { noteHandled } from '../../os/debug/debug-log.js';
import { type CommandLine, splitPlainCommand } from '../../processes/command-line.js';
import { findProgram } from '../../processes/find-program.js';
import { parseNodeArguments } from '../../processes/runners.js';

/** Options of Node.js with which a process can't stop between its start and the app; by their beginnings. */
const COLD_OPTIONS: readonly { option: RegExp; why: string }[] = [
  { option: /^--(?:inspect|debug)/, why: 'a debugger would meet the process while it waits' },
  { option: /^--(?:watch|test|run)/, why: 'Node.js starts other processes for the app' },
  { option: /^(?:-e|-p|-pe|-i|-c|-v|-h)$|^--(?:eval|print|interactive|check|version|help)/, why: 'it runs no file' },
  { option: /^--(?:env-file|experimental-(?:default-)?config)/, why: 'it reads variables or options from a file' },
  { option: /^--(?:cpu-prof|heap-prof|prof$|prof-|perf-|trace-event)/, why: 'the recording would hold the waiting' },
  { option: /^--(?:permission|experimental-permission)/, why: 'it restricts what jamdev may do in the process' },
  {
    option: /^--(?:snapshot-blob|build-snapshot|experimental-sea)/,
    why: 'the app is loaded before jamdev can stop it',
  },
];

/** A command that is plain `node`, ready to be started. */
export interface NodeCommand extends CommandLine {
  /** Identifies the program file as it is now. */
  program: string;
}

/** Finds the reason not to start a process of a command ahead of time; `why` is the end of a sentence. */
export function readNodeCommand(command: string, cwd: string, env: NodeJS.ProcessEnv): NodeCommand | { why: string } {
  const line = splitPlainCommand(command);
  if (line === undefined || !/^node(?:js)?$/.test(basename(line.file))) return { why: 'its command is not plain node' };
  const { script, options } = parseNodeArguments(line.args);
  const cold = findColdOption(env.NODE_OPTIONS ?? '', options);
  if (cold !== undefined) return { why: cold };
  if (script === undefined) return { why: 'its command names no file' };
  const program = identifyProgram(line.file, cwd, env);
  return program === undefined ? { why: `${line.file} is not the program of Node.js itself` } : { ...line, program };
}

/** Finds an option of Node.js for which it has to start as usual. @returns why, as the end of a sentence */
export function findColdOption(nodeOptions: string, options: readonly string[]): string | undefined {
  for (const word of [...optionsIn(nodeOptions), ...options]) {
    const rule = COLD_OPTIONS.find(({ option }) => option.test(word));
    if (rule !== undefined) return `it has ${word.split('=')[0]}: ${rule.why}`;
  }
  return undefined;
}

/** Identifies a program file, so that another one in its place is noticed. @returns undefined for a script */
function identifyProgram(file: string, cwd: string, env: NodeJS.ProcessEnv): string | undefined {
  const found = findProgram({ file, cwd, env });
  if (found === undefined) return undefined;
  try {
    const path = realpathSync(found);
    const { dev, ino, mtimeMs } = statSync(path);
    return beginsAsScript(path) ? undefined : `${path} ${dev} ${ino} ${mtimeMs}`;
  } catch (error) {
    noteHandled('processes', 'looking at the program', error);
    return undefined;
  }
}

/** A version manager may install a script as `node`. It starts Node.js only later, and chooses how. */
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
