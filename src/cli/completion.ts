import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import type { DevBackend } from '../contract/dev-endpoints.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { completionScript, thisProgram } from './completion-script.js';
import { cleanText } from './terminal/clean.js';

/** Commands whose arguments are backends, by id or key. */
const TAKE_BACKENDS = ['logs', 'status', 'terminate'];
const DESCRIPTION = 'print a script that lets a shell complete jamdev (bash, zsh, fish, powershell)';
/** Timeout of a completion: the user is waiting. */
const DEADLINE_MS = 1_000;

/**
 * Adds `completion <shell>`, which prints a script for the shell, and the hidden command that the script calls.
 * @param program with all its commands
 * @param words the command line after `jamdev`
 * @param print writes a text unchanged
 */
export async function addCompletion(
  program: Command,
  words: readonly string[],
  print: (text: string) => void,
): Promise<void> {
  const completion = tab(program, { completionCommandName: 'completion' });
  // The library sets its own description, in the help and in completions.
  for (const command of [
    program.commands.find((each) => each.name() === 'completion')?.description(DESCRIPTION),
    completion.commands.get('completion'),
  ]) {
    if (command !== undefined && 'value' in command) command.description = DESCRIPTION;
  }
  const script = words[0] === 'completion' ? completionScript(words[1], thisProgram()) : undefined;
  const printing = program.commands.find((each) => each.name() === 'completion');
  if (script !== undefined) printing?.action(() => print(script));
  const asked = words[0] === 'complete' ? TAKE_BACKENDS.find((name) => words.includes(name)) : undefined;
  if (asked === undefined) return;
  const backends = await listBackends(words);
  for (const argument of completion.commands.get(asked)?.arguments.values() ?? []) {
    argument.handler = (complete) => {
      for (const { id, key, status } of backends) {
        complete(cleanText(id), cleanText(`key ${key}, ${status.status}`));
        // A key with control characters can't be completed by a shell.
        if (cleanText(key) === key) complete(key, cleanText(`backend ${id}, ${status.status}`));
      }
    };
  }
}

/** Lists backends of the server in the command line; none on failure, because a completion can't show an error. */
async function listBackends(words: readonly string[]): Promise<DevBackend[]> {
  try {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    // Most completions don't query a server.
    const { findServer } = await import('./client/find-server.js');
    return await (await findServer({ api: optionIn(words, '--api') }, signal)).backends();
  } catch (error) {
    noteHandled('cli', 'listing backends for completion', error);
    return [];
  }
}

/** Returns the value of an option in an unfinished command line. */
function optionIn(words: readonly string[], option: string): string | undefined {
  const at = words.indexOf(option);
  return at === -1 ? undefined : words[at + 1];
}
