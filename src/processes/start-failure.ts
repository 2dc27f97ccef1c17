import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { explainSystemError } from '../contract/system-errors.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { errorCode } from '../os/error-code.js';
import { findProgram, statIfAny } from './find-program.js';
import { explainTooLarge } from './too-large-for-start.js';

/** A program that was to be started. */
export interface StartAttempt {
  /** The program, as a name for the PATH or as a path. For a command line, the shell. */
  file: string;
  args: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
}

/** Why a program was not started. */
export interface StartFailure {
  /** `missing` and `not-executable` are about the program itself; `other` is about everything around it. */
  kind: 'missing' | 'not-executable' | 'other';
  /** Worded to follow a colon. */
  reason: string;
  /** What to do, in one sentence. */
  remedy: string;
}

/** Error codes about the file itself, in addition to those that `explainStartFailure` examines. */
const ABOUT_FILE: ReadonlySet<string> = new Set(['ENOEXEC', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'ETXTBSY']);
/** The part of a first line that the kernel reads. */
const FIRST_LINE_BYTES = 256;

/**
 * Explains why a program could not be started. The system's error code is often misleading: ENOENT also stands for a missing
 * folder and a missing interpreter.
 * @param error the error that spawn() threw or emitted
 */
export function explainStartFailure(error: unknown, attempt: StartAttempt): StartFailure {
  const { file, cwd } = attempt;
  const code = errorCode(error);
  const about = explainFolder(cwd) ?? explainNul(attempt);
  if (about !== undefined) return { kind: 'other', ...about };
  if (code === 'E2BIG') return { kind: 'other', ...explainTooLarge(attempt) };
  if (code === 'ENOENT') return explainMissing(attempt);
  if (code === 'EACCES' || code === 'EPERM') return explainForbidden(code, attempt);
  const { reason, remedy } = explainSystemError(code, resolve(cwd, file), 'run');
  const isAboutFile = ABOUT_FILE.has(code);
  return { kind: isAboutFile ? 'not-executable' : 'other', reason, remedy };
}

type Explanation = Omit<StartFailure, 'kind'>;

function explainFolder(cwd: string): Explanation | undefined {
  try {
    if (!statSync(cwd).isDirectory()) {
      return {
        reason: `its folder ${cwd} is not a folder (ENOTDIR)`,
        remedy: `Move the file at ${cwd} away.`,
      };
    }
    accessSync(cwd, constants.X_OK);
    return undefined;
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'ENOENT') {
      const { reason, remedy } = explainSystemError(code, cwd, 'use');
      return { reason: `its folder ${cwd} can't be entered: ${reason}`, remedy };
    }
    return {
      reason: `its folder ${cwd} no longer exists (ENOENT)`,
      remedy: 'Restore the folder, or start jamdev again in its new location.',
    };
  }
}

/** Explains a NUL character, which terminates an argument or a variable. */
function explainNul({ file, args, env }: StartAttempt): Explanation | undefined {
  const variable = Object.entries(env).find(([name, value]) => `${name}${value ?? ''}`.includes('\0'))?.[0];
  if (variable !== undefined) {
    return {
      reason: `the environment variable ${JSON.stringify(variable)} contains a NUL character`,
      remedy: 'Remove that character where the variable is set.',
    };
  }
  if (![file, ...args].some((word) => word.includes('\0'))) return undefined;
  return { reason: 'its command line contains a NUL character', remedy: 'Remove that character.' };
}

function explainMissing(attempt: StartAttempt): StartFailure {
  const path = findProgram(attempt);
  if (path === undefined) return { kind: 'missing', ...explainSystemError('ENOENT', attempt.file, 'run') };
  const interpreter = readInterpreter(path);
  if (interpreter === undefined) {
    return {
      kind: 'not-executable',
      reason: `the loader that ${path} needs does not exist here`,
      remedy: 'It was built for another system (glibc or musl, another CPU): install it again on this machine.',
    };
  }
  if (interpreter.endsWith('\r')) {
    return {
      kind: 'not-executable',
      reason: `the first line of ${path} ends with a carriage return, as on Windows`,
      remedy: `Save it with line feeds only: sed -i 's/\\r$//' ${path}`,
    };
  }
  return {
    kind: 'not-executable',
    reason: `the program named in its first line does not exist: ${interpreter}`,
    remedy: `Install that program, or correct the first line of ${path}.`,
  };
}

function explainForbidden(code: string, attempt: StartAttempt): StartFailure {
  const path = findProgram(attempt) ?? resolve(attempt.cwd, attempt.file);
  const stats = statIfAny(path);
  if (stats?.isDirectory()) {
    return {
      kind: 'not-executable',
      reason: `${path} is a folder (${code})`,
      remedy: 'Use the path of a program in it.',
    };
  }
  if (stats?.isFile() && (stats.mode & 0o111) === 0) {
    return {
      kind: 'not-executable',
      reason: `${path} is not marked as executable (${code})`,
      remedy: `Run chmod +x ${path}, or use the program that runs it.`,
    };
  }
  return { kind: 'not-executable', ...explainSystemError(code, path, 'run') };
}

/** Returns the interpreter in a script's first line; undefined if it is not a script or can't be read. */
function readInterpreter(path: string): string | undefined {
  try {
    // The kernel has just tried to run this path. Still, opening a named pipe would wait for a writer.
    if (!statSync(path).isFile()) return undefined;
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(FIRST_LINE_BYTES);
      const line = bytes.toString('latin1', 0, readSync(file, bytes)).split('\n', 1)[0] ?? '';
      return /^#![ \t]*([^ \t]+)/.exec(line)?.[1];
    } finally {
      closeSync(file);
    }
  } catch (error) {
    noteHandled('processes', 'reading the first line of the program', error);
    // The file may be executable but not readable.
    return undefined;
  }
}
