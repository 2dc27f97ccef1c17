import type { DevServer } from '../../../dev-server/dev-server.js';
import { createDevScreen } from '../../terminal/footer/dev-footer.js';
import { InteractiveTerminal } from '../../terminal/interactive-terminal.js';
import { KeyQuestion } from '../../terminal/key-question.js';
import type { LineWriter } from '../../terminal/line-writer.js';
import type { LogFilter } from '../../terminal/log-filter.js';
import type { Output } from '../../terminal/output.js';
import type { Reporter } from '../../terminal/reporter.js';
import { makeShortcuts } from './dev-shortcuts.js';

/** The dependencies of the terminal of `jamdev dev`. */
export interface DevTerminalContext {
  server: DevServer;
  reporter: Reporter;
  writer: LineWriter;
  filter: LogFilter;
  input: NodeJS.ReadStream;
  output: Output;
  /** Stops the dev server. */
  quit(): void;
}

/** Makes the terminal of `jamdev dev` interactive: with keys, and with a footer if it can show one. */
export function openDevTerminal({
  server,
  reporter,
  writer,
  input,
  output,
  filter,
  quit,
}: DevTerminalContext): InteractiveTerminal {
  const question = new KeyQuestion();
  const shortcuts = makeShortcuts({
    server,
    filter,
    question,
    say: (...lines) => {
      for (const line of lines) reporter.message(line);
    },
    clear: () => terminal.clear(),
    quit,
  });
  const terminal: InteractiveTerminal = new InteractiveTerminal({
    input,
    writer,
    shortcuts,
    question,
    interrupt: quit,
    loadScreen: async () => {
      if (process.env.TERM === 'dumb') return undefined;
      return createDevScreen(output, { server, filter, shortcuts, question });
    },
  });
  void terminal.open();
  return terminal;
}
