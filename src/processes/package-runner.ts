import { posix } from 'node:path';

/** Programs that run a package's command or a package.json script, and wait for it. */
const RUNNERS = ['npm', 'npx', 'pnpm', 'pnpx', 'pn', 'pnx', 'yarn', 'yarnpkg', 'bun', 'bunx'];
/** Common prefixes of package.json scripts. Each runs one command and exits with it. */
const WRAPPERS = ['cross-env', 'cross-env-shell', 'dotenv', 'dotenvx', 'env-cmd'];
const INTERPRETERS = ['node', 'nodejs', 'bun'];
const SHELLS = ['sh', 'dash', 'ash', 'bash', 'zsh', 'ksh', 'fish'];

/** The role of an ancestor process in starting this program. */
export type Ancestor =
  | { kind: 'runner'; name: string }
  /**
   * A shell that runs a command line given with -c, as package runners start it. `line` distinguishes it from other shells.
   */
  | { kind: 'shell command'; line: string }
  | { kind: 'wrapper' }
  /** A shell that a person or a script file controls. */
  | { kind: 'shell' }
  | { kind: 'other' };

/**
 * Classifies a program by its command line. npm replaces its arguments with a title (`npm run dev`). Other package runners
 * show up as an interpreter and a script (`node /usr/bin/pnpm run dev`), or as a binary.
 */
export function classifyAncestor(commandLine: readonly string[]): Ancestor {
  const words = commandLine.length === 1 ? (commandLine[0] ?? '').split(' ') : commandLine;
  const [program = '', ...args] = words;
  const name = baseName(program);
  if (name === 'bun' && !runsPackageCommand(args)) return classifyScript(args);
  if (RUNNERS.includes(name)) return { kind: 'runner', name };
  if (INTERPRETERS.includes(name)) return classifyScript(args);
  if (!SHELLS.includes(name)) return { kind: 'other' };
  const takesCommand = args.some((word) => /^-[a-z]*c$/.test(word));
  return takesCommand ? { kind: 'shell command', line: words.join('\0') } : { kind: 'shell' };
}

function classifyScript(args: readonly string[]): Ancestor {
  const script = baseName(args.find((word) => !word.startsWith('-')) ?? '');
  // `npm-cli.js` is npm, and `yarn-4.1.0.cjs` is Yarn.
  const name = script.replace(/\.[cm]?js$/, '').replace(/-(cli|\d+(\.\d+)*.*)$/, '');
  if (RUNNERS.includes(name)) return { kind: 'runner', name };
  return WRAPPERS.includes(name) ? { kind: 'wrapper' } : { kind: 'other' };
}

/**
 * Whether `bun` runs a package command. It is an interpreter as well: `bun dev` runs a package.json script, but `bun dev.ts`
 * and `bun test` run a program.
 */
function runsPackageCommand(args: readonly string[]): boolean {
  const [first, second] = args.filter((word) => !word.startsWith('-'));
  if (first === 'x') return true;
  const target = first === 'run' ? second : first;
  return target !== undefined && (first === 'run' || target !== 'test') && !/[/.]/.test(target);
}

function baseName(path: string): string {
  // The name of a login shell begins with a hyphen.
  return posix
    .basename(path)
    .replace(/^-/, '')
    .replace(/\.exe$/, '');
}
