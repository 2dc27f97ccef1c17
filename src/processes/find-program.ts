import { statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { noteHandled } from '../os/debug/debug-log.js';

/** A program as named in a command, and the folder and environment to find it with. */
export interface NamedProgram {
  file: string;
  cwd: string;
  env: NodeJS.ProcessEnv;
}

/** Finds the file that a program's name resolves to, as execvp() does; undefined if there is none. */
export function findProgram({ file, cwd, env }: NamedProgram): string | undefined {
  const folders = file.includes('/') || isAbsolute(file) ? [cwd] : (env.PATH ?? '').split(delimiter);
  const paths = folders.map((folder) => resolve(cwd, join(folder, file)));
  if (isAbsolute(file)) return statIfAny(file) === undefined ? undefined : file;
  return paths.find((path) => statIfAny(path) !== undefined);
}

/** Reads a path's metadata, following links; undefined if nothing at that path can be started. */
export function statIfAny(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    noteHandled('processes', 'looking at the program', error);
    // A parent in the path is a file or can't be entered, so nothing there can be started.
    return undefined;
  }
}
