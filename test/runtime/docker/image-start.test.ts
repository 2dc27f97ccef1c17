import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isNodeEntrypoint, readImageStart } from '../../../src/runtime/docker/image-start.js';
import { fixture } from '../../support/project.js';

const shell = (command: string) => ['/bin/sh', '-c', command];

describe('an image that starts Node.js first', () => {
  test.each<[string, string[] | null, string[] | null, boolean]>([
    ['node', null, ['node', 'server.js'], false],
    ['nodejs by its path', [], ['/usr/bin/nodejs', '--enable-source-maps', 'server.js', '--port', '80'], false],
    ['distroless', ['/nodejs/bin/node'], ['server.js'], false],
    ['only an entrypoint', ['node', 'dist/main.mjs'], null, false],
    ['npm start', null, ['npm', 'start'], false],
    ['npx', null, ['npx', 'tsx', 'server.ts'], false],
    ['the shell form', null, shell('node server.js'), false],
    ['the shell form with exec', null, shell('exec node server.js'), false],
    ['npm in the shell form', null, shell('npm run serve'), false],
    ['tini', ['/sbin/tini', '--'], ['node', 'server.js'], false],
    ['dumb-init', ['dumb-init'], ['node', 'server.js'], false],
    ['tini with options', ['tini', '-g', '-p', 'SIGTERM', '-e', '143', '--'], ['node', 'server.js'], false],
    ['tini with an option and nothing after it', ['tini', '-s'], ['node', 'server.js', '--', '-x'], false],
    ['dumb-init with options', ['dumb-init', '--single-child', '--rewrite', '15:3'], ['node', 'server.js'], false],
    ['the entrypoint of Node.js', ['docker-entrypoint.sh'], ['node', 'server.js'], true],
    ['the entrypoint of Node.js with a file', ['docker-entrypoint.sh'], ['server.mjs'], true],
    ['the entrypoint of Node.js with an option', ['docker-entrypoint.sh'], ['--no-warnings', 'server'], true],
    ['the entrypoint of Node.js with a shell', ['/usr/local/bin/docker-entrypoint.sh'], shell('npm start'), true],
  ])('%s', (_what, Entrypoint, Cmd, entrypoint) => {
    expect(readImageStart({ Entrypoint, Cmd })).toEqual({ entrypoint });
  });
});

describe('an image that starts something else first', () => {
  test.each<[string, string[] | null, string[] | null]>([
    ['nothing', null, null],
    ['another program', null, ['python3', 'server.py']],
    ['a script', ['/docker-entrypoint.sh'], ['node', 'server.js']],
    ['an init with another program', ['tini', '-g', '--'], ['python3', 'server.py']],
    ['only an init', ['tini', '-g', '-p'], null],
    ['two commands', null, shell('node migrate.js && node server.js')],
    ['variables', null, shell('node server.js --port $PORT')],
    ['a variable in front', null, shell('PORT=80 node server.js')],
    ['bash, which reads BASH_ENV', null, ['/bin/bash', '-c', 'node server.js']],
    ['env', null, ['env', 'A=1', 'node', 'server.js']],
    ['arguments for the shell', ['/bin/sh', '-c', 'node server.js'], ['more']],
    ['a debugger', null, ['node', '--inspect=0.0.0.0', 'server.js']],
    ['--watch', null, shell('node --watch server.js')],
    ['code', null, ['node', '-e', '0']],
    ['no file', null, ['node']],
    ['yarn, a shell script', null, ['yarn', 'start']],
  ])('%s', (_what, Entrypoint, Cmd) => {
    expect(readImageStart({ Entrypoint, Cmd })).toEqual({ why: expect.any(String) });
  });

  test('a debugger in NODE_OPTIONS, of the image or the config', () => {
    const Cmd = ['node', 'server.js'];
    expect(readImageStart({ Cmd, Env: ['NODE_OPTIONS=--inspect'] })).toEqual({
      why: expect.stringContaining('debugger'),
    });
    expect(readImageStart({ Cmd }, '--inspect-brk')).toEqual({ why: expect.stringContaining('debugger') });
  });
});

describe('docker-entrypoint.sh', () => {
  const script = readFileSync(join(fixture('warm-image'), 'docker-entrypoint.sh'), 'utf8');

  test('is recognized in both versions, whatever its comments', () => {
    expect(isNodeEntrypoint(script)).toBe(true);
    expect(isNodeEntrypoint(script.replace(/ \|\| \{.*\}; then/, '; then').replace(/^# .*$/m, ''))).toBe(true);
  });

  test('is not recognized with any other line in it', () => {
    expect(isNodeEntrypoint('')).toBe(false);
    expect(isNodeEntrypoint(script.replace('exec', 'echo $A\nexec'))).toBe(false);
    expect(isNodeEntrypoint(`${script}echo\n`)).toBe(false);
  });
});
