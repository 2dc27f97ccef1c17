import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { cliErrors } from '../../src/cli/cli-errors.js';
import { initErrors } from '../../src/cli/commands/init/init-errors.js';
import { configErrors } from '../../src/config/config-errors.js';
import { EXPLAINED_ERRORS, explainSystemError, type FileUse } from '../../src/contract/system-errors.js';
import { eventErrors } from '../../src/dev-server/event-errors.js';
import { pathErrors } from '../../src/os/path-errors.js';
import { portErrors } from '../../src/ports/port-errors.js';
import { stateErrors } from '../../src/records/state-errors.js';

const USES: FileUse[] = ['read', 'write', 'run', 'use'];

/** Errors listed in the manual pages of open, read, write, mkdir, rename, unlink, stat, mount points and execve. */
const OF_FILES_AND_PROGRAMS = [
  'E2BIG EACCES EAGAIN EBUSY EDQUOT EEXIST EFBIG EINVAL EIO EISDIR ELOOP EMFILE ENAMETOOLONG ENFILE ENODEV ENOENT',
  'ENOEXEC ENOMEM ENOSPC ENOTDIR ENOTEMPTY ENXIO EOPNOTSUPP EPERM EROFS ESTALE ETXTBSY EXDEV ETIMEDOUT ENOTCONN',
]
  .join(' ')
  .split(' ');

test.each(OF_FILES_AND_PROGRAMS)('%s is explained with its name and a remedy for every use of a path', (code) => {
  expect(constants.errno).toHaveProperty(code);
  for (const use of USES) {
    const { reason, remedy } = explainSystemError(code, '/some/path', use);
    expect(reason).toMatch(new RegExp(`^[a-z].+ \\(${code}\\)$`));
    expect(remedy).toMatch(/^[A-Z]/);
  }
});

test('the remedy for a full or broken disk does not mention permissions', () => {
  for (const code of ['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE', 'ENAMETOOLONG', 'ELOOP']) {
    for (const use of USES) {
      expect(explainSystemError(code, '/some/path', use).remedy, code).not.toMatch(/writable|mode|chmod|permission/);
    }
  }
});

test.each(['EACCES', 'EPERM'])('the command in the remedy of %s can be copied for a path with spaces', (code) => {
  expect(explainSystemError(code, '/my folder', 'read').remedy).toContain("ls -ld '/my folder'");
});

test.each(EXPLAINED_ERRORS)('the remedy of %s has no path and no command if there is no path', (code) => {
  for (const use of USES) {
    const { reason, remedy } = explainSystemError(code, { phrase: 'the output file' }, use);
    expect(reason).toBe(explainSystemError(code, '/some/path', use).reason);
    expect(remedy).toMatch(/^[A-Z]/);
    expect(remedy).not.toMatch(/\bls -|the path the|'the output|undefined|object/);
  }
});

test('a network error is not explained as a file error', () => {
  expect(portErrors.portUnavailable('API', 'EOPNOTSUPP').sentence).not.toMatch(/file|project/);
  expect(portErrors.portUnavailable('API', 'EMFILE').remedy).toContain('ulimit -n');
});

test('an unknown error is shown unchanged', () => {
  expect(explainSystemError('connection lost', '/some/path', 'read')).toEqual({
    reason: 'connection lost',
    remedy: '',
  });
  expect(explainSystemError('constructor', '/some/path', 'read').reason).toBe('constructor');
});

test.each([
  ['the state folder', (code: string) => stateErrors.stateFolderUnusable('/p/.jamdev', code)],
  ['a config file', (code: string) => configErrors.configUnreadable('/p/jamsocket.config.json', code)],
  ['an env file', (code: string) => configErrors.envFileUnreadable('/p/.env', code)],
  ['a mount', (code: string) => stateErrors.volumeUnusable('/p/volumes/a', code)],
  ['a file of jamdev init', (code: string) => initErrors.fileNotWritten('/p/a.js', code, ['b.js'])],
  ['a log', (code: string) => eventErrors.logNotWritten('abc', code, '/p/logs/abc')],
  ['redirected output', (code: string) => cliErrors.outputNotWritten(code)],
  ['anything else', (code: string) => pathErrors.systemRefused('open', '/p/x', code)],
])('%s: every error has its own reason and remedy', (_what, make) => {
  const otherwise = make('SOMETHING').remedy;
  for (const code of EXPLAINED_ERRORS) {
    const { message, remedy } = make(code);
    expect(message).toContain(`(${code})`);
    // Only the use of a file determines where to correct a wrong path.
    if (code !== 'ENOENT') expect(remedy, code).not.toBe(otherwise);
  }
});
