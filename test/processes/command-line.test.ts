import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitPlainCommand } from '../../src/processes/command-line.js';

test.each([
  ['node server.js', 'node', ['server.js']],
  ['  node   server.js\t--port=3 ', 'node', ['server.js', '--port=3']],
  ['./bin/run', './bin/run', []],
  ['npx @scope/tool@1.2.3 a:b a%b a+b a,b', 'npx', ['@scope/tool@1.2.3', 'a:b', 'a%b', 'a+b', 'a,b']],
  ['env A=1 node server.js', 'env', ['A=1', 'node', 'server.js']],
  ['echo exit', 'echo', ['exit']],
])('%j is started without a shell', (command, file, args) => {
  expect(splitPlainCommand(command)).toEqual({ file, args });
});

test.each([
  '',
  '   ',
  'A=1 node server.js',
  'cd app',
  '. ./env.sh',
  'exec node server.js',
  'exit',
  'node "my server.js"',
  "node 'x'",
  'node $FILE',
  'node `x`',
  'node a && node b',
  'node a; node b',
  'node a | cat',
  'node a > out',
  'node < in',
  'node &',
  'node *.js',
  'node a?.js',
  'node [ab].js',
  'node {a,b}.js',
  '~/bin/run',
  'node a\\ b',
  'node # note',
  '! node a',
  'node a\nnode b',
  '(node a)',
  'node ünï.js',
])('%j needs the shell', (command) => {
  expect(splitPlainCommand(command)).toBeUndefined();
});

test('a command started without a shell gets the same words that a shell would pass', () => {
  const word = fc.string({
    unit: fc.constantFrom(...'ab1_./:@%+,=-~$*?[]{}()<>|&;\'"\\!#'),
    minLength: 1,
    maxLength: 5,
  });
  const words = fc.array(word, { minLength: 1, maxLength: 4 });
  const show = 'process.stdout.write(JSON.stringify(process.argv.slice(1)))';
  fc.assert(
    fc.property(words, (given) => {
      const plain = splitPlainCommand(`printf ${given.join(' ')}`);
      fc.pre(plain !== undefined);
      const line = `'${process.execPath}' -e '${show}' -- ${given.join(' ')}`;
      expect(JSON.parse(execFileSync('/bin/sh', ['-c', line], { encoding: 'utf8' }))).toEqual(plain?.args);
    }),
    { numRuns: 15, maxSkipsPerRun: 1000 },
  );
});
