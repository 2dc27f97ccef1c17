import { statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { noteHandled } from '../os/debug/debug-log.js';

/** A program as a command names it, and where it is looked for. */
export interface NamedProgram {
  file: string;
  cwd: string;
  env: NodeJS.ProcessEnv;
}

/** Finds the file that a program's name leads to, as execvp() does; undefined when there is none. */
export function findProgram({ file, cwd, env }: NamedProgram): string | undefined {
  const folders = file.includes('/') || isAbsolute(file) ? [cwd] : (env.PATH ?? '').split(delimiter);
  const paths = folders.map((folder) => resolve(cwd, join(folder, file)));
  if (isAbsolute(file)) return statIfAny(file) === undefined ? undefined : file;
  return paths.find((path) => statIfAny(path) !== undefined);
}

/** Reads what a path leads to; undefined for what could not be started. */
export function statIfAny(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    noteHandled('processes', 'looking at the program', error);
    // A part of the path is a file, or may not be entered: nothing that could be started.
    return undefined;
  }
}
