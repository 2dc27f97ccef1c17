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
    ['jamdev token create acme', 'a token that may read, connect and deploy'],
    ['jamdev token create acme --scopes connect --json', 'one for an app, for a script'],
    ['jamdev token list acme', 'which there are, and when they were used'],
    [
      'jamdev token create acme --api https://api.example.com',
      'with an admin token in JAMDEV_TOKEN, without access to the database',
    ],
    ['jamdev token revoke acme 0f3c2a9b7d1e4f60', 'end one, at once'],
  ]);
}
