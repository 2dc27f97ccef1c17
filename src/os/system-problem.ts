import type { JamdevError } from '../contract/errors/jamdev-error.js';
import { isShortage } from './error-code.js';
import { pathErrors } from './path-errors.js';

/** Verbs for system calls on paths. Network calls are not included: their errors need other words. */
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
 * Explains a system error that no other code has handled. A full disk or a lack of file descriptors can hit any operation
 * and is not a bug in jamdev.
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
