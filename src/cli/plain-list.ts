import { listHere } from './commands/list/list-here.js';
import { noteCommand } from './note-command.js';
import type { OwnProcess } from './own-process.js';

/** Whether a command line is `jamdev list` with no option except `--json`, which needs no parser. */
export function isPlainList([command, ...options]: readonly string[]): boolean {
  return command === 'list' && options.every((option) => option === '--json');
}

/**
 * Runs `jamdev list` without the parser, because loading all options of the command takes longer than the command
 * itself.
 */
export async function runPlainList(own: OwnProcess): Promise<void> {
  await own.hints.begin();
  noteCommand('list');
  own.endWithRunner();
  await own.hints.aimBy({ command: 'list' });
  own.endOnSignals();
  await listHere({ json: own.json }, own.io);
}
