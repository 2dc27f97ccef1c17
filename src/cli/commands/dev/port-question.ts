import { JamdevError } from '../../../contract/errors/jamdev-error.js';
import type { PortPolicy } from '../../../dev-server/choose-ports.js';
import { terminalPlace } from '../../../processes/foreground.js';
import type { CommandIo } from '../../io.js';
import { askInTerminal } from '../../terminal/ask.js';

/**
 * Returns a function that asks whether to use other ports; undefined if nobody can answer. In CI, a terminal has no
 * user; and in the background, reading from it would suspend the process.
 */
export async function makePortQuestion(io: CommandIo): Promise<PortPolicy['ask']> {
  const { stdout, signal } = io;
  if (!stdout.stream.isTTY || process.env.CI) return undefined;
  const { stdin } = io;
  if (!stdin.isTTY) return undefined;
  if ((await terminalPlace()) === 'background') return undefined;
  const terminal = { input: stdin, output: stdout, interrupt: () => void process.kill(process.pid, 'SIGINT') };
  return async (taken, { port, proxyPort }) => {
    stdout.line(taken.message);
    try {
      return await askInTerminal(terminal, signal, async (ask) => {
        for (;;) {
          const answer = (await ask(`Use ${port} and ${proxyPort}? [Y/n] `)).toLowerCase();
          if (['', 'y', 'yes'].includes(answer)) return true;
          if (['n', 'no'].includes(answer)) return false;
        }
      });
    } catch (error) {
      // Ctrl-D: the input has ended without an answer.
      if (error instanceof JamdevError) return false;
      throw error;
    }
  };
}
