import { expect, test } from 'vitest';
import { ownCommand } from '../../src/cli/terminal/command-line-hint.js';

test.each([
  ['/app/node_modules/jamdev/bin/jamdev.js', '/app', 'npx jamdev'],
  ['/src/jamdev/bin/jamdev.js', '/src/jamdev', 'node bin/jamdev.js'],
  ['/src/jamdev/bin/jamdev.js', '/src/jamdev/templates/websocket', 'node ../../bin/jamdev.js'],
  ['/src/my_node_modules/jamdev.js', '/src', 'node my_node_modules/jamdev.js'],
])('%s is called from %s as: %s', (script, cwd, command) => {
  expect(ownCommand(script, cwd)).toBe(command);
});
