import type { StartAttempt } from './start-failure.js';

/**
 * The largest variable or argument that Linux accepts, including its NUL: 32 pages (execve(2), MAX_ARG_STRLEN). Linux also
 * accepts this much for all of them together, whatever the stack limit is.
 */
export const MAX_STRING_BYTES = 32 * 4096;
const NAMED_VARIABLES = 3;

/** Explains which part of a program's arguments and environment exceeds the system's limits. */
export function explainTooLarge({ args, env }: StartAttempt): { reason: string; remedy: string } {
  const variables = Object.entries(env)
    .map(([name, value = '']) => ({ name, bytes: Buffer.byteLength(`${name}=${value}`) + 1 }))
    .sort((a, b) => b.bytes - a.bytes);
  const [largest] = variables;
  if (largest !== undefined && largest.bytes > MAX_STRING_BYTES) {
    return {
      reason: `the environment variable ${JSON.stringify(largest.name)} has ${kib(largest.bytes)}, but the system allows at most ${kib(MAX_STRING_BYTES)}`,
      remedy: 'Put its value into a file, and the path of that file into the variable.',
    };
  }
  const longest = Math.max(0, ...args.map((word) => Buffer.byteLength(word) + 1));
  if (longest > MAX_STRING_BYTES) {
    return {
      reason: `an argument of its command line has ${kib(longest)}, but the system allows at most ${kib(MAX_STRING_BYTES)}`,
      remedy: 'Put the argument into a file.',
    };
  }
  const total = variables.reduce((sum, { bytes }) => sum + bytes, 0);
  const named = variables.slice(0, NAMED_VARIABLES).map(({ name, bytes }) => `${JSON.stringify(name)} ${kib(bytes)}`);
  return {
    reason: `its ${variables.length} environment variables have ${kib(total)} in total, more than the system allows (the largest: ${named.join(', ')})`,
    remedy: 'Put large values into files.',
  };
}

function kib(bytes: number): string {
  return `${Math.ceil(bytes / 1024)} KiB`;
}
