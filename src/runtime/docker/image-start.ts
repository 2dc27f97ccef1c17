import { splitPlainCommand } from '../../processes/command-line.js';
import { parseNodeArguments } from '../../processes/runners.js';
import { findColdOption } from '../process/node-command.js';
import type { ImageCommand } from './own-init.js';

/** Programs in front of Node.js that only pass signals on and collect processes. */
const INIT = /^(?:tini|tini-static|dumb-init)$/;
/** Their options that have the next word as their value. */
const INIT_OPTION_WITH_VALUE = /^(?:-[per]|--rewrite)$/;
/** bash reads a file that BASH_ENV names. */
const SHELL = /^(?:sh|dash|ash)$/;
const NODE = /^node(?:js)?$/;
/** Scripts for Node.js, which start the app with the variables that they have themselves. */
const NODE_SCRIPT = /^(?:npm|npx)$/;
/** The script in front of the command in Node.js' own images, which adds `node` to what is no program. */
const ENTRYPOINT = 'docker-entrypoint.sh';

/** How an image gets to Node.js. */
export interface ImageStart {
  /** Whether a script of this name has to be the one of Node.js' own images, which reads no variables. */
  entrypoint: boolean;
}

/**
 * Finds out whether the first program of an image that reads variables of the environment is Node.js: then it can be
 * stopped there, and given them later.
 * @returns `why` not, as the end of a sentence
 */
export function readImageStart({ Entrypoint, Cmd, Env }: ImageCommand, nodeOptions = ''): ImageStart | { why: string } {
  let words = [...(Entrypoint ?? []), ...(Cmd ?? [])];
  if (INIT.test(nameOf(words[0]))) words = withoutOptions(words.slice(1));
  const entrypoint = words[0] === ENTRYPOINT || words[0] === `/usr/local/bin/${ENTRYPOINT}`;
  if (entrypoint) words = withNode(words.slice(1));
  const shell = SHELL.test(nameOf(words[0])) && words[1] === '-c' && words.length === 3;
  const command = shell ? splitPlainCommand((words[2] ?? '').trim().replace(/^exec\s+/, '')) : toCommand(words);
  const program = nameOf(command?.file);
  if (command === undefined || !(NODE.test(program) || NODE_SCRIPT.test(program))) {
    return { why: 'its command is not plain node or npm' };
  }
  const { script, options } = NODE.test(program) ? parseNodeArguments(command.args) : { script: program, options: [] };
  const cold = findColdOption([nodeOptions, variableIn(Env, 'NODE_OPTIONS') ?? ''].join(' '), options);
  if (cold !== undefined) return { why: cold };
  return script === undefined ? { why: 'its command names no file' } : { entrypoint };
}

/** Returns the command behind the options of an init. */
function withoutOptions(words: string[]): string[] {
  let first = 0;
  while (words[first]?.startsWith('-') && words[first] !== '--') {
    first += INIT_OPTION_WITH_VALUE.test(words[first] ?? '') ? 2 : 1;
  }
  return words.slice(words[first] === '--' ? first + 1 : first);
}

/** Returns the value of a variable that an image sets. */
function variableIn(variables: ImageCommand['Env'], name: string): string | undefined {
  return variables?.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Whether a script is the one of Node.js' own images, in one of its two versions. */
export function isNodeEntrypoint(script: string): boolean {
  const lines = script.split('\n').map((line) => line.trim());
  const code = lines.filter((line) => line !== '' && !line.startsWith('#')).join('\n');
  return KNOWN_ENTRYPOINTS.includes(code);
}

/** Its code in both versions, in which `<1>` stands for the first argument. */
const KNOWN_ENTRYPOINTS = ['', ' || { [ -f "<1>" ] && ! [ -x "<1>" ]; }'].map((test) =>
  [
    'set -e',
    `if [ "<1#->" != "<1>" ] || [ -z "$(command -v "<1>")" ]${test}; then`,
    'set -- node "$@"',
    'fi',
    'exec "$@"',
  ]
    .join('\n')
    .replace(/<(.+?)>/g, (_, name) => `$\{${name}}`),
);

/** As that script does it, for what surely is no program. */
function withNode(words: string[]): string[] {
  return /^-|\.[cm]?js$/.test(words[0] ?? '') ? ['node', ...words] : words;
}

function toCommand([file, ...args]: string[]) {
  return file === undefined ? undefined : { file, args };
}

function nameOf(program = ''): string {
  return program.slice(program.lastIndexOf('/') + 1);
}
