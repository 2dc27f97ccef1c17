import { posix } from 'node:path';

/** Programs that run a package's command or a script of package.json, and wait for it. */
const RUNNERS = ['npm', 'npx', 'pnpm', 'pnpx', 'pn', 'pnx', 'yarn', 'yarnpkg', 'bun', 'bunx'];
/** What scripts of package.json are commonly prefixed with: each runs one command and ends with it. */
const WRAPPERS = ['cross-env', 'cross-env-shell', 'dotenv', 'dotenvx', 'env-cmd'];
const INTERPRETERS = ['node', 'nodejs', 'bun'];
const SHELLS = ['sh', 'dash', 'ash', 'bash', 'zsh', 'ksh', 'fish'];

/** What a program in the line of ancestors is, as far as that decides who started this one. */
export type Ancestor =
  | { kind: 'runner'; name: string }
  /** A shell that runs a command line given with -c, as package runners start one; `line` tells it from another. */
  | { kind: 'shell command'; line: string }
  | { kind: 'wrapper' }
  /** A shell that a person or a script file drives. */
  | { kind: 'shell' }
  | { kind: 'other' };

/**
 * Tells what a program is by its command line. npm writes a title of its own over its arguments (`npm run dev`); other
 * package runners show as their interpreter and script (`node /usr/bin/pnpm run dev`), or as a binary.
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
  // `npm-cli.js` is npm, `yarn-4.1.0.cjs` is Yarn.
  const name = script.replace(/\.[cm]?js$/, '').replace(/-(cli|\d+(\.\d+)*.*)$/, '');
  if (RUNNERS.includes(name)) return { kind: 'runner', name };
  return WRAPPERS.includes(name) ? { kind: 'wrapper' } : { kind: 'other' };
}

/** Bun is an interpreter as well: `bun dev` runs a script of package.json, `bun dev.ts` and `bun test` a program. */
function runsPackageCommand(args: readonly string[]): boolean {
  const [first, second] = args.filter((word) => !word.startsWith('-'));
  if (first === 'x') return true;
  const target = first === 'run' ? second : first;
  return target !== undefined && (first === 'run' || target !== 'test') && !/[/.]/.test(target);
}

function baseName(path: string): string {
  // A login shell has a hyphen in front.
  return posix
    .basename(path)
    .replace(/^-/, '')
    .replace(/\.exe$/, '');
}
