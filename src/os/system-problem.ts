import type { JamdevError } from '../contract/errors/jamdev-error.js';
import { isShortage } from './error-code.js';
import { pathErrors } from './path-errors.js';

/** What system calls do with a path, in words. Calls of the network are missing: their errors need other words. */
const VERBS: Record<string, string> = {
  access: 'use',
  chmod: 'change the mode of',
  close: 'write',
  copyfile: 'copy',
  fstat: 'look at',
  fsync: 'write',
  ftruncate: 'write',
  lstat: 'look at',
  mkdir: 'create',
  mkdtemp: 'create',
  open: 'open',
  opendir: 'list',
  read: 'read',
  readlink: 'read',
  realpath: 'look at',
  rename: 'rename',
  rm: 'remove',
  rmdir: 'remove',
  scandir: 'list',
  stat: 'look at',
  statfs: 'look at',
  symlink: 'create',
  unlink: 'remove',
  utime: 'change',
  watch: 'watch',
  write: 'write',
};
/**
 * Explains an error of the system that nothing has handled: a full disk or a lack of file descriptors can meet any
 * operation, and is no fault of jamdev's.
 * @returns undefined for every other error
 */
export function asSystemProblem(error: unknown): JamdevError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall, path = '' } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return undefined;
  if (syscall === 'uv_cwd') return pathErrors.currentFolderGone();
  const verb = syscall.startsWith('spawn') ? 'start' : VERBS[syscall];
  if (verb === undefined && !isShortage(error)) return undefined;
  return pathErrors.systemRefused(verb ?? `call ${syscall}`, path, code);
}
