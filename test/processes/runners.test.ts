import { describe, expect, test } from 'vitest';
import { runnerByArguments } from '../../src/processes/runners.js';

const LOADER = 'file:///app/node_modules/tsx/dist/loader.mjs';

describe('a runner that passes on SIGTERM is known by its command line:', () => {
  test.each([
    ['node --watch server.js', 'children'],
    ['/usr/bin/node --enable-source-maps --watch server.js', 'children'],
    ['node --watch-path=src server.js', 'children'],
    ['node --watch-path src server.js', 'children'],
    ['node -r ./setup.js --watch server.js', 'children'],
    ['node /app/node_modules/.bin/tsx server.ts', 'children'],
    ['node /app/node_modules/tsx/dist/cli.mjs watch server.ts', 'children'],
    ['node /usr/lib/node_modules/nodemon/bin/nodemon.js server.js', 'children'],
    ['node --no-warnings /usr/local/bin/nodemon server.js', 'children'],
    ['/usr/local/bin/node /usr/local/bin/pnpm start', 'children'],
    ['node node_modules/.bin/cross-env A=1 node server.js', 'children'],
    ['node /app/node_modules/.bin/concurrently a b', 'descendants'],
    ['node /app/node_modules/concurrently/dist/bin/concurrently.js a b', 'descendants'],
  ])('%s', (line, passesTo) => {
    expect(runnerByArguments(line.split(' '))).toMatchObject({ passesTo });
  });

  test.each([['npm run dev'], ['npm exec tsx server.ts'], ['npm']])('the title %j', (title) => {
    expect(runnerByArguments([title, '', ''])).toMatchObject({ passesTo: 'children' });
  });

  test.each([
    'node server.js --watch',
    'node server.js /app/node_modules/.bin/tsx',
    `node --require /app/node_modules/tsx/dist/preflight.cjs --import ${LOADER} server.ts`,
    'node --import tsx server.ts',
    'node -r tsx server.ts',
    'node -e require("tsx") /app/node_modules/.bin/tsx',
    'node --run start',
    'node /app/node_modules/.bin/ts-node server.ts',
    'node /app/node_modules/@scope/tsx/cli.js',
    'node /home/tsx/server.js',
    'sh -c tsx server.ts',
    'bash ./nodemon.sh',
    'python3 server.py',
    'npmx start',
    '',
  ])('%j is not a runner', (line) => {
    expect(runnerByArguments(line.split(' '))).toBeUndefined();
  });
});
