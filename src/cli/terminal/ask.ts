import { createInterface } from 'node:readline';
import { cliErrors } from '../cli-errors.js';
import { cleanText } from './clean.js';
import type { Output } from './output.js';

/** Asks one question; resolves with the typed line, trimmed. */
export type Ask = (question: string) => Promise<string>;

/** The terminal in which questions are asked. */
export interface AskedTerminal {
  input: NodeJS.ReadStream;
  output: Output;
  /** Called on Ctrl-C, which is an ordinary key while a question is open. */
  interrupt(): void;
}

/**
 * Gives a function access to the terminal for questions, and restores the terminal afterwards.
 * @param signal ends the wait for an answer
 * @throws JamdevError `Usage` if the input ends before all questions are answered
 */
export async function askInTerminal<T>(
  { input, output, interrupt }: AskedTerminal,
  signal: AbortSignal,
  questions: (ask: Ask) => Promise<T>,
): Promise<T> {
  const lines = createInterface({ input, output: output.stream as NodeJS.WriteStream, signal });
  // Unlike question() of readline, this keeps a line that was typed before the question was asked.
  const answers = lines[Symbol.asyncIterator]();
  let open = true;
  lines.once('close', () => {
    open = false;
  });
  lines.on('SIGINT', () => {
    output.line('');
    interrupt();
  });
  try {
    return await questions(async (question) => {
      lines.setPrompt(cleanText(question));
      if (open) lines.prompt();
      const { value, done } = await answers.next();
      signal.throwIfAborted();
      if (done) throw cliErrors.questionsUnanswered();
      return value.trim();
    });
  } finally {
    lines.close();
  }
}
