import { splitPlainCommand } from '../../processes/command-line.js';
import { parseNodeArguments } from '../../processes/runners.js';
import { findColdOption } from '../process/node-command.js';
import type { ImageCommand } from './own-init.js';

/** Init programs in front of Node.js that only forward signals and reap processes. */
const INIT = /^(?:tini|tini-static|dumb-init)$/;
/** Options of these programs that take the next word as their value. */
const INIT_OPTION_WITH_VALUE = /^(?:-[per]|--rewrite)$/;
/** Without bash, which reads the file in BASH_ENV. */
const SHELL = /^(?:sh|dash|ash)$/;
const NODE = /^node(?:js)?$/;
/** Node.js scripts that start the app with their own variables. */
const NODE_SCRIPT = /^(?:npm|npx)$/;
/** The start script of Node.js's official images, which puts `node` in front of anything that is not a program. */
const ENTRYPOINT = 'docker-entrypoint.sh';

/** How an image starts Node.js. */
export interface ImageStart {
  /**
   * Whether a script with this name is used, which must be the one of Node.js's official images, because that reads no
   * variables.
   */
  entrypoint: boolean;
}

/**
 * Checks whether Node.js is the first program of an image that reads environment variables, so that it can be paused
 * there and get its variables later.
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

/** Returns the command after the options of an init. */
function withoutOptions(words: string[]): string[] {
  let first = 0;
  while (words[first]?.startsWith('-') && words[first] !== '--') {
    first += INIT_OPTION_WITH_VALUE.test(words[first] ?? '') ? 2 : 1;
  }
  return words.slice(words[first] === '--' ? first + 1 : first);
}

/** Returns the value of a variable in an image. */
function variableIn(variables: ImageCommand['Env'], name: string): string | undefined {
  return variables?.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Whether a script is one of the two versions in Node.js's official images. */
export function isNodeEntrypoint(script: string): boolean {
  const lines = script.split('\n').map((line) => line.trim());
  const code = lines.filter((line) => line !== '' && !line.startsWith('#')).join('\n');
  return KNOWN_ENTRYPOINTS.includes(code);
}

/** The code of both versions; `<1>` stands for the first argument. */
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

/** Adds `node` to a command in the same way as that script, if the command is certainly not a program. */
function withNode(words: string[]): string[] {
  return /^-|\.[cm]?js$/.test(words[0] ?? '') ? ['node', ...words] : words;
}

function toCommand([file, ...args]: string[]) {
  return file === undefined ? undefined : { file, args };
}

function nameOf(program = ''): string {
  return program.slice(program.lastIndexOf('/') + 1);
}
