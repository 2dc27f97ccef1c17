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
    ['jamdev drones', 'list all drones, including lost ones, with the config of jamdev serve'],
    ['jamdev drones --api https://api.example.com --json', 'list them as JSON, with an admin token in JAMDEV_TOKEN'],
    ['jamdev drones drain dr-1', 'permanently keep new backends off dr-1'],
  ]);
}
