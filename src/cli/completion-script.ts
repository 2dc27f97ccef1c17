import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { ownFolder } from '../config/own-package.js';

/**
 * Shells for which jamdev has its own script: the scripts of the completion library need jamdev in PATH, and evaluate
 * typed text.
 */
const OWN_SCRIPTS = ['bash', 'zsh', 'fish'];
const PLACEHOLDER = '__JAMDEV__';

/** The command line that runs this jamdev again. */
export interface OwnProgram {
  /** The Node.js executable. */
  node: string;
  /** The script of jamdev. */
  script: string;
  /** The NODE_OPTIONS that Yarn's Plug'n'Play needs to read the package; undefined without Plug'n'Play. */
  nodeOptions: string | undefined;
}

/**
 * Makes the completion script for a shell. It calls the jamdev that printed it by path, so that it works for a
 * devDependency, which is not in PATH, and never runs a program just because the current folder contains it.
 * @returns undefined if jamdev has no script for the shell
 */
export function completionScript(shell: string | undefined, program: OwnProgram): string | undefined {
  if (shell === undefined || !OWN_SCRIPTS.includes(shell)) return undefined;
  const { node, script, nodeOptions } = program;
  const words = nodeOptions === undefined ? [node, script] : ['env', `NODE_OPTIONS=${nodeOptions}`, node, script];
  const command = words.map((word) => quoteFor(shell, word)).join(' ');
  return readFileSync(join(ownFolder(), 'completions', `jamdev.${shell}`), 'utf8').replace(PLACEHOLDER, () => command);
}

/** Returns the running program. */
export function thisProgram(): OwnProgram {
  const [node = process.execPath, script = ''] = [process.execPath, process.argv[1]];
  const needsLoader = process.versions.pnp !== undefined;
  return {
    node,
    script: needsLoader ? script : realpathSync(script),
    nodeOptions: needsLoader ? process.env.NODE_OPTIONS : undefined,
  };
}

/** Quotes a word for the shell. */
function quoteFor(shell: string, word: string): string {
  // In fish, a backslash is special even inside quotes.
  if (shell === 'fish') return `'${word.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  return `'${word.replaceAll("'", "'\\''")}'`;
}
