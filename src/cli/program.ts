import { Command } from 'commander';
import { readOwnPackage } from '../config/own-package.js';
import type { JamdevError } from '../contract/errors/jamdev-error.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { cliErrors } from './cli-errors.js';
import { COMMANDS } from './command-table.js';
import type { PrintedHints } from './hints/printed-hints.js';
import { namedBy } from './hints/target-of.js';
import type { CommandIo } from './io.js';
import { noteCommand } from './note-command.js';
import { refuseJson } from './option-values.js';
import type { OwnProcess } from './own-process.js';
import { usageErrorJson } from './report-error.js';

/** Commands that handle Ctrl-C themselves; all others simply exit. */
const OWN_SIGNALS = ['dev', 'exec'];

/** Commands that can't print JSON, with the reason. */
const WITHOUT_JSON: Record<string, () => JamdevError> = {
  exec: cliErrors.execWithoutJson,
  completion: cliErrors.completionWithoutJson,
};

/** Commands that run on every press of Tab and print no hints. */
const COMPLETION = ['complete', 'completion'];

/**
 * Creates the parser of the command line.
 * @param args the first one is the command; if it is anything else (missing, help, a typo), all commands are loaded
 */
export async function makeProgram(own: OwnProcess, args: readonly string[]): Promise<Command> {
  const { io, json, stdout, stderr, hints } = own;
  const [called] = args;
  const program = new Command('jamdev')
    .description('Run one server process per document, room or user on your own machine, reached by key.')
    .version(readOwnPackage().version, '-V, --version')
    .helpCommand('help [command]', 'show the help of a command')
    .showHelpAfterError(json ? false : '(see: npx jamdev --help)')
    .configureOutput({
      writeOut: (text) => stdout.block(text),
      writeErr: (text) => stderr.block(text),
      outputError: (text, write) => (json ? stderr.json(usageErrorJson(text)) : write(text)),
    })
    // Everything after the command of exec belongs to that command.
    .enablePositionalOptions()
    .hook('preSubcommand', () => hints.begin())
    .exitOverride();
  const isCommand = called !== undefined && Object.hasOwn(COMMANDS, called);
  // Some modules need the current folder while they load, and not all errors of that can be caught.
  if (isCommand) process.cwd();
  const isNeeded = isCommand ? (name: string) => name === called : neededToComplete(args);
  for (const [name, { description, load }] of Object.entries(COMMANDS)) {
    if (isCommand && !isNeeded(name)) continue;
    const command = isNeeded(name) ? (await load())(io) : new Command(name);
    // Added before completion, so that completion offers the option.
    program.addCommand(withDebug(command.description(description), io).copyInheritedSettings(program));
  }
  if (!isCommand) {
    if (!COMPLETION.includes(called ?? '')) await beginHints(hints);
    const { addCompletion } = await import('./completion.js');
    await addCompletion(program, args, (text) => own.print(text));
  }
  for (const command of program.commands) {
    if (!json) command.showHelpAfterError(`(see: npx jamdev ${command.name()} --help)`);
    const withoutJson = WITHOUT_JSON[command.name()];
    // Added after completion, so that completion does not offer it.
    if (withoutJson !== undefined) refuseJson(command, withoutJson());
    // The completion library adds its own commands.
    if (!command.options.some(({ long }) => long === '--debug')) withDebug(command, io);
    command.hook('preAction', () => noteCommand(command.name()));
    command.hook('preAction', () => own.endWithRunner());
    command.hook('preAction', (_, action) => hints.aimBy(namedBy(action)));
    if (!OWN_SIGNALS.includes(command.name())) command.hook('preAction', () => own.endOnSignals());
  }
  return program;
}

/**
 * Returns the commands that have to be loaded for a completion: none for the name of a command, and only that command
 * after its name. Shells wait for this at each press of Tab.
 */
function neededToComplete([called, mark, ...words]: readonly string[]): (name: string) => boolean {
  const [first = '', ...others] = words;
  if (called !== 'complete' || mark !== '--' || first.startsWith('-')) return () => true;
  return (name) => others.length > 0 && name === first;
}

/** Removes `help` before an unknown command, for which commander would print the general help without an error. */
export function withoutVainHelp(program: Command, args: readonly string[]): readonly string[] {
  const [first, second = '-'] = args;
  const isVain = first === 'help' && !second.startsWith('-');
  return isVain && program.commands.every((each) => each.name() !== second) ? args.slice(1) : args;
}

function withDebug(command: Command, io: CommandIo): Command {
  return command
    .option('--debug', 'write decisions and handled errors to stderr, as with JAMDEV_DEBUG=1')
    .on('option:debug', () => io.debug.start());
}

/** Prepares hints for unknown commands, for which no hook runs. Help must also work in a deleted folder. */
async function beginHints(hints: PrintedHints): Promise<void> {
  try {
    await hints.begin();
  } catch (error) {
    noteHandled('cli', 'finding out how jamdev was called', error);
  }
}
