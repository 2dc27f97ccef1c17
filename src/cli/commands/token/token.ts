import { Command } from 'commander';
import type { CommandIo } from '../../io.js';
import { addExamples } from '../../option-values.js';
import { createCommand } from './create.js';
import { listCommand } from './list.js';
import { revokeCommand } from './revoke.js';

/** `jamdev token`: the API tokens of `jamdev serve`. */
export function tokenCommand(io: CommandIo): Command {
  const command = new Command('token');
  for (const make of [createCommand, listCommand, revokeCommand]) {
    command.addCommand(make(io).copyInheritedSettings(command));
  }
  return addExamples(command, [
    ['jamdev token create acme', 'create a token that may read, connect and deploy'],
    ['jamdev token create acme --scopes connect --json', 'create a token for an app, as JSON'],
    ['jamdev token list acme', 'list tokens, and when they were last used'],
    [
      'jamdev token create acme --api https://api.example.com',
      'create one without access to the database, with an admin token in JAMDEV_TOKEN',
    ],
    ['jamdev token revoke acme 0f3c2a9b7d1e4f60', 'revoke a token immediately'],
  ]);
}
