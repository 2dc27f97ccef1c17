import { expect, test } from 'vitest';
import { ownCommand, spawnLine } from '../../src/cli/terminal/command-line-hint.js';

test.each([
  ['/app/node_modules/jamdev/bin/jamdev.js', '/app', 'npx jamdev'],
  ['/src/jamdev/bin/jamdev.js', '/src/jamdev', 'node bin/jamdev.js'],
  ['/src/jamdev/bin/jamdev.js', '/src/jamdev/templates/websocket', 'node ../../bin/jamdev.js'],
  ['/src/my_node_modules/jamdev.js', '/src', 'node my_node_modules/jamdev.js'],
])('%s is called from %s as: %s', (script, cwd, command) => {
  expect(ownCommand(script, cwd)).toBe(command);
});

test.each([
  ['/app', '/app', ''],
  ['/app/src', '/app', ''],
  ['/', '/app', ' --api http://localhost:1234'],
  ['/app2', '/app', ' --api http://localhost:1234'],
])('in %s, for the project %s, the line to spawn ends in "%s"', (cwd, project, end) => {
  const line = spawnLine('/x/node_modules/jamdev/bin/jamdev.js', cwd, project, 'http://localhost:1234');
  expect(line).toBe(`npx jamdev spawn --key doc-1${end}`);
});
