import { Command } from 'commander';
import type { CommandIo } from '../../io.js';
import { addExamples } from '../../option-values.js';
import { counted } from '../../terminal/counted.js';
import { compose, green, red, type Styled, yellow } from '../../terminal/text.js';
import type { Finding, Grade } from './finding.js';

interface DoctorOptions {
  config?: string;
  json?: boolean;
}

/** Wide enough for every status and check, so that each line can be shown immediately. */
const STATUS_WIDTH = 'warning'.length;
const CHECK_WIDTH = 'file watching'.length;

/** `jamdev doctor`: checks whether a project can run. */
export function doctorCommand(io: CommandIo): Command {
  const command = new Command('doctor')
    .argument('[folder]', 'the project folder', '.')
    .option('--config <file>', 'the config file (default: jamsocket.config.json or jamdev.config.json)')
    .option('--json', 'print JSON for programs')
    .action(async (folder: string, options: DoctorOptions) => {
      // Loaded here because it is large, and other commands don't need it.
      const { examine } = await import('./run-doctor.js');
      const print = options.json ? () => undefined : makePrinter(io);
      const all: Finding[] = [];
      for (const findings of await examine(folder, options.config)) {
        for (const finding of await findings) {
          all.push(finding);
          print(finding);
        }
      }
      const failures = all.filter(({ status }) => status === 'failure').length;
      if (failures > 0) io.fail();
      if (options.json) return io.stdout.jsonWithHints({ ok: failures === 0, findings: all });
      io.out(summary(failures, all.filter(({ status }) => status === 'warning').length));
    });
  return addExamples(command, [
    ['jamdev doctor', 'check the project in this folder, and this machine'],
    ['jamdev doctor app --json', 'check the project in app, as JSON'],
  ]);
}

function makePrinter(io: CommandIo): (finding: Finding) => void {
  const color: Record<Grade, (text: string) => Styled> = { ok: green, warning: yellow, failure: red };
  const indent = ' '.repeat(STATUS_WIDTH + CHECK_WIDTH + 4);
  return ({ check, status, text, remedy }) => {
    const [first = '', ...more] = [...text.split('\n'), ...(remedy === '' ? [] : [remedy])];
    io.out(compose`${color[status](status.padEnd(STATUS_WIDTH))}  ${check.padEnd(CHECK_WIDTH)}  ${first}`);
    for (const line of more) io.out(`${indent}${line}`);
  };
}

function summary(failures: number, warnings: number): string {
  const counts = [
    ...(failures > 0 ? [counted(failures, 'failure')] : []),
    ...(warnings > 0 ? [counted(warnings, 'warning')] : []),
  ];
  return counts.length === 0 ? 'No problems found.' : `${counts.join(', ')}.`;
}
