import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { ownFolder } from '../config/own-package.js';

/** Shells whose script is jamdev's own: the completion library's needs jamdev in PATH, and evaluates what was typed. */
const OWN_SCRIPTS = ['bash', 'zsh', 'fish'];
const PLACEHOLDER = '__JAMDEV__';

/** What runs this very jamdev again. */
export interface OwnProgram {
  /** The Node.js that runs it. */
  node: string;
  /** Its script. */
  script: string;
  /** Undefined, unless it is run from a package that only Yarn's Plug'n'Play can read: what NODE_OPTIONS must be. */
  nodeOptions: string | undefined;
}

/**
 * Makes the script by which a shell completes jamdev. It calls the jamdev that printed it by its path, so it works for a
 * devDependency, which is not in PATH, and runs nothing that only the current folder names.
 * @returns undefined when there is none for that shell
 */
export function completionScript(shell: string | undefined, program: OwnProgram): string | undefined {
  if (shell === undefined || !OWN_SCRIPTS.includes(shell)) return undefined;
  const { node, script, nodeOptions } = program;
  const words = nodeOptions === undefined ? [node, script] : ['env', `NODE_OPTIONS=${nodeOptions}`, node, script];
  const command = words.map((word) => quoteFor(shell, word)).join(' ');
  return readFileSync(join(ownFolder(), 'completions', `jamdev.${shell}`), 'utf8').replace(PLACEHOLDER, () => command);
}

/** The program that runs now. */
export function thisProgram(): OwnProgram {
  const [node = process.execPath, script = ''] = [process.execPath, process.argv[1]];
  const needsLoader = process.versions.pnp !== undefined;
  return {
    node,
    script: needsLoader ? script : realpathSync(script),
    nodeOptions: needsLoader ? process.env.NODE_OPTIONS : undefined,
  };
}

/** A word that the shell takes as it is. */
function quoteFor(shell: string, word: string): string {
  // In fish, a backslash keeps its meaning within quotes.
  if (shell === 'fish') return `'${word.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  return `'${word.replaceAll("'", "'\\''")}'`;
}
