import { describe, expect, test } from 'vitest';
import { classifyAncestor } from '../../src/processes/package-runner.js';

describe('a package runner', () => {
  test.each([
    // npm replaces its arguments by a title.
    ['npm', ['npm run dev']],
    ['npm', ['npm exec jamdev dev']],
    ['npm', ['npm start']],
    ['npm', ['npm']],
    ['npm', ['node', '/usr/lib/node_modules/npm/bin/npm-cli.js', 'run', 'dev']],
    ['npx', ['node', '/usr/local/bin/npx', 'jamdev', 'dev']],
    ['npx', ['/usr/bin/node', '/usr/lib/node_modules/npm/bin/npx-cli.js', 'jamdev', 'dev']],
    ['pnpm', ['node', '/home/me/.local/bin/pnpm', 'run', 'dev']],
    ['pnpm', ['node', '--no-warnings', '/x/pnpm/bin/pnpm.cjs', 'exec', 'jamdev', 'dev']],
    ['pnpm', ['/opt/pnpm/pnpm', 'dlx', 'jamdev', 'dev']],
    ['pnpx', ['/opt/pnpm/pnpx', 'jamdev', 'dev']],
    ['yarn', ['node', '/x/corepack/dist/yarn.js', 'dev']],
    ['yarn', ['/usr/bin/node', '/app/.yarn/releases/yarn-4.18.1.cjs', 'run', 'dev']],
    ['yarnpkg', ['node', '/usr/bin/yarnpkg', 'dev']],
    ['bun', ['bun', 'run', 'dev']],
    ['bun', ['/home/me/.bun/bin/bun', '--silent', 'run', 'dev']],
    ['bun', ['bun', 'dev']],
    ['bun', ['bun', 'x', 'jamdev', 'dev']],
    ['bun', ['/x/bun.exe', 'run', '--bun', 'dev']],
    ['bunx', ['bunx', 'jamdev', 'dev']],
  ] as const)('%s: %j', (name, commandLine) => {
    expect(classifyAncestor(commandLine)).toEqual({ kind: 'runner', name });
  });
});

test.each([
  [['sh', '-c', 'jamdev dev']],
  [['/bin/sh', '-c', 'jamdev dev']],
  [['/bin/bash', '-ec', 'jamdev dev']],
] as const)('a shell with a command line: %j', (commandLine) => {
  expect(classifyAncestor(commandLine)).toMatchObject({ kind: 'shell command' });
});

test.each([[['bash']], [['-zsh']], [['/bin/bash', '-i']], [['sh', 'step.sh']], [['fish', '-l']]] as const)(
  'a shell run by a person or a script: %j',
  (commandLine) => {
    expect(classifyAncestor(commandLine)).toEqual({ kind: 'shell' });
  },
);

test.each([
  [['node', '/app/node_modules/.bin/cross-env', 'A=1', 'jamdev', 'dev']],
  [['node', '/app/node_modules/.bin/dotenv', '--', 'jamdev', 'dev']],
] as const)('a program that runs one command and exits with it: %j', (commandLine) => {
  expect(classifyAncestor(commandLine)).toEqual({ kind: 'wrapper' });
});

test.each([
  [['']],
  [['node', 'server.js', '/usr/bin/npm']],
  [['node']],
  [['node', '/app/node_modules/.bin/concurrently', 'npm:dev']],
  [['node', '/app/npm-watch.js']],
  [['bun', 'dev.ts']],
  [['bun', 'run', './start-all.js']],
  [['bun', 'test']],
  [['bun']],
  [['systemd', '--user']],
  [['npmx run dev']],
  [['sshd: me@pts/0']],
] as const)('another program: %j', (commandLine) => {
  expect(classifyAncestor(commandLine)).toEqual({ kind: 'other' });
});
