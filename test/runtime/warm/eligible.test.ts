import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findBootDifference } from '../../../src/runtime/process/boot-variables.js';
import { readNodeCommand } from '../../../src/runtime/process/node-command.js';
import { makeProject } from '../../support/project.js';

const WARM = [
  'node server.js',
  'node --no-warnings -r ./a.js server.js --inspect --watch',
  `${process.execPath} a.mjs x`,
];
const COLD = [
  ...['npm start', 'tsx server.ts', 'node server.js; true', 'A=1 node server.js', 'node', 'node -e 0', 'node --test'],
  ...['node --inspect server.js', 'node --inspect-brk=0 server.js', 'node --watch server.js', 'node --run start'],
  ...['node --env-file=.env server.js', 'node --cpu-prof server.js', 'node -r ./a.js --inspect-wait server.js'],
  ...['node --env_file=.env server.js', 'node --title app --cpu_prof server.js', 'node --config-file=node.json a.js'],
  ...['node --unhandled-rejections strict --inspect server.js', 'no-such-folder/node server.js'],
];

test.each(WARM)('"%s" can be started ahead of time', (command) => {
  expect(readNodeCommand(command, '/', process.env)).toHaveProperty('program');
});

test.each(COLD)('"%s" is started as usual', (command) => {
  expect(readNodeCommand(command, '/', process.env)).toHaveProperty('why');
});

test.each<[string, string | undefined, string]>([
  ['changed', 'package.json', '{"type":"module"}'],
  ['added', undefined, '{"type":"module"}'],
])('a command counts as another one once package.json, which Node.js has already read, was %s', (_, before, after) => {
  const cwd = makeProject({ 'app/server.js': '', 'package.json': '{}', ...(before && { 'app/package.json': '{}' }) });
  const read = () => readNodeCommand('node server.js', join(cwd, 'app'), process.env);
  const first = read();
  expect(read()).toEqual(first);
  writeFileSync(join(cwd, 'app/package.json'), after);
  expect(read()).not.toEqual(first);
});

test.each(['--inspect', '--max-old-space-size=99 --inspect-brk', '"--inspect=0"', '--inspect_brk'])(
  'with NODE_OPTIONS=%s, a command is started as usual',
  (options) => {
    const env = { ...process.env, NODE_OPTIONS: options };
    expect(readNodeCommand('node server.js', '/', env)).toHaveProperty('why');
  },
);

const READ_AT_BOOT = [
  ...['NODE_OPTIONS', 'NODE_ENV', 'NODE_DEBUG', 'UV_THREADPOOL_SIZE', 'SSL_CERT_FILE', 'OPENSSL_CONF', 'LD_PRELOAD'],
  ...['DYLD_LIBRARY_PATH', 'LC_ALL', 'LANG', 'LANGUAGE', 'TZ', 'TZDIR', 'ICU_DATA', 'MALLOC_ARENA_MAX', 'https_proxy'],
];

test.each(READ_AT_BOOT)('a request that sets, changes or removes %s is started as usual', (name) => {
  expect(findBootDifference({}, { [name]: 'a' })).toContain(name);
  expect(findBootDifference({ [name]: 'a' }, { [name]: 'b' })).toContain(name);
  expect(findBootDifference({ [name]: 'a' }, {})).toContain(name);
  expect(findBootDifference({ [name]: 'a' }, { [name]: 'a' })).toBe(undefined);
});

test.each(['PORT', 'HOME', 'MY_NODE_ENV', 'DEBUG', 'SESSION_BACKEND_ID'])('a request may change %s', (name) => {
  expect(findBootDifference({ [name]: 'a' }, { [name]: 'b', OTHER: 'c' })).toBe(undefined);
});
