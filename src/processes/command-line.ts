/** A program to start, with its arguments. */
export interface CommandLine {
  file: string;
  args: string[];
}

/**
 * Splits a command that is a plain list of words, so that it can start without a shell. That saves a process, and signals
 * reach the program itself. A command with quotes, variables, operators or similar needs the shell.
 * @returns undefined if the command needs the shell
 */
export function splitPlainCommand(command: string): CommandLine | undefined {
  const words = command.trim().split(/[ \t]+/);
  const file = words[0];
  if (file === undefined || file === '' || file.includes('=') || SHELL_WORDS.has(file)) return undefined;
  if (!words.every((word) => /^[\w./:@%+,=-]+$/.test(word))) return undefined;
  return { file, args: words.slice(1) };
}

/** Returns the command line that runs a command in the shell, as Node.js does with `shell: true`. */
export function shellCommandLine(command: string): CommandLine {
  return { file: '/bin/sh', args: ['-c', command] };
}

/** Shell builtins and keywords. */
const SHELL_WORDS = new Set(
  '. : [ alias bg break case cd command continue do done elif else esac eval exec exit export fg fi for function getopts hash if jobs local read readonly return select set shift source then time times trap type ulimit umask unalias unset until wait while'.split(
    ' ',
  ),
);
