import { Command } from 'commander';
import type { CommandIo } from '../../io.js';
import { addExamples } from '../../option-values.js';
import { drainCommand } from './drain.js';
import { listCommand } from './list.js';

/** `jamdev drones`: the drones of the cluster behind `jamdev serve`. */
export function dronesCommand(io: CommandIo): Command {
  const command = new Command('drones');
  command.addCommand(listCommand(io).copyInheritedSettings(command), { isDefault: true });
  command.addCommand(drainCommand(io).copyInheritedSettings(command));
  return addExamples(command, [
    ['jamdev drones', 'which there are, those that are lost too, by the config of jamdev serve'],
    ['jamdev drones --api https://api.example.com --json', 'with an admin token in JAMDEV_TOKEN, for a script'],
    ['jamdev drones drain dr-1', 'keep new backends off dr-1, for good'],
  ]);
}
