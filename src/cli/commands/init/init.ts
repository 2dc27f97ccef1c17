import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { usageError } from '../../../contract/errors/usage-error.js';
import type { CommandIo } from '../../io.js';
import { addExamples } from '../../option-values.js';
import type { Ask } from '../../terminal/ask.js';
import { ownCommand, quoted } from '../../terminal/command-line-hint.js';
import {
  DEFAULT_TEMPLATE,
  readTemplate,
  TEMPLATE_NAMES,
  TEMPLATES,
  type TemplateFile,
  type TemplateName,
} from './templates.js';
import { writeFiles } from './write-files.js';

interface InitOptions {
  template?: TemplateName;
  force?: boolean;
  json?: boolean;
}

/** What to make, and where. */
interface Choice {
  /** As it was typed. */
  folder: string;
  template: TemplateName;
}

/** Suggested in a terminal where the current folder has something in it already. */
const SUGGESTED_FOLDER = 'session-backend';

/** `jamdev init`: writes a small app to start from. */
export function initCommand(io: CommandIo): Command {
  const command = new Command('init')
    .description('write a small app to start from')
    .argument('[folder]', 'the folder to write to (default: asked for in a terminal, else this folder)')
    .addOption(
      new Option(
        '-t, --template <name>',
        `the app to write (default: asked for in a terminal, else ${DEFAULT_TEMPLATE})`,
      ).choices(TEMPLATE_NAMES),
    )
    .option('-f, --force', 'overwrite existing files')
    .option('--json', 'print the result as JSON; asks nothing')
    .action(async (folder: string | undefined, options: InitOptions) => {
      if (folder?.trim() === '') throw usageError('The folder is empty.', 'Leave it out, or name one.');
      const choice = await complete({ folder, template: options.template }, options.json ?? false, io);
      const files = await readTemplate(choice.template);
      await writeFiles(resolve(choice.folder), files, options.force ?? false);
      tell(choice, files, options.json ?? false, io);
    });
  const names = TEMPLATE_NAMES.map((name) => `  ${name.padEnd(9)}  ${TEMPLATES[name]}`);
  command.addHelpText('after', `\nTemplates:\n${names.join('\n')}`);
  return addExamples(command, [
    ['jamdev init', 'asks for the folder and the template'],
    ['jamdev init my-app --template python', 'asks nothing'],
    ['jamdev init . --force', 'into this folder, overwriting existing files'],
  ]);
}

/** Asks for what was not given, where there is somebody to ask. */
async function complete(
  given: { [Part in keyof Choice]: Choice[Part] | undefined },
  json: boolean,
  io: CommandIo,
): Promise<Choice> {
  const { folder, template } = given;
  if (folder !== undefined && template !== undefined) return { folder, template };
  const { stdin, stdout } = io;
  if (json || !stdin.isTTY || !stdout.stream.isTTY)
    return { folder: folder ?? '.', template: template ?? DEFAULT_TEMPLATE };
  const { askInTerminal } = await import('../../terminal/ask.js');
  const terminal = { input: stdin, output: stdout, interrupt: () => void process.kill(process.pid, 'SIGINT') };
  return askInTerminal(terminal, io.signal, async (ask) => ({
    folder: folder ?? (await askForFolder(ask)),
    template: template ?? (await askForTemplate(ask, io)),
  }));
}

async function askForFolder(ask: Ask): Promise<string> {
  const suggested = readdirSync('.').some((name) => name !== '.git') ? SUGGESTED_FOLDER : '.';
  const answer = await ask(`Folder (${suggested}): `);
  // No shell has seen it.
  return answer === '' ? suggested : answer.replace(/^~(?=$|\/)/, homedir());
}

async function askForTemplate(ask: Ask, io: CommandIo): Promise<TemplateName> {
  io.out('Templates:');
  for (const [index, name] of TEMPLATE_NAMES.entries()) {
    io.out(`  ${index + 1}  ${name.padEnd(9)}  ${TEMPLATES[name]}`);
  }
  for (;;) {
    const answer = await ask(`Template (${DEFAULT_TEMPLATE}): `);
    if (answer === '') return DEFAULT_TEMPLATE;
    const chosen = TEMPLATE_NAMES.find((name, index) => answer === name || answer === String(index + 1));
    if (chosen !== undefined) return chosen;
    io.out(`Type one of ${TEMPLATE_NAMES.join(', ')}, or its number.`);
  }
}

function tell({ folder, template }: Choice, files: readonly TemplateFile[], json: boolean, io: CommandIo): void {
  const root = realpathSync(folder);
  const jamdev = ownCommand(realpathSync(process.argv[1] ?? ''), root);
  const next = [
    ...(root === process.cwd() ? [] : [`cd ${quoted(folder)}`]),
    ...(needsInstall(root, files) ? ['npm install'] : []),
    `${jamdev} dev`,
  ];
  const spawn = `${jamdev} spawn --key doc-1`;
  const paths = files.map(({ path }) => path);
  if (json) return io.json({ folder: root, template, files: paths, next: [...next, spawn] });
  const lines = [
    `Wrote the template ${template} into ${root}:`,
    `  ${paths.join('  ')}`,
    '',
    'Next:',
    ...next.map((line) => `  ${line}`),
    '',
    'Then, in that folder in a second terminal, for a URL to open in two browser tabs:',
    `  ${spawn}`,
  ];
  for (const line of lines) io.out(line);
}

function needsInstall(root: string, files: readonly TemplateFile[]): boolean {
  const manifest = files.find(({ path }) => path === 'package.json')?.content.toString();
  const { dependencies = {} } = JSON.parse(manifest ?? '{}') as { dependencies?: Record<string, string> };
  return Object.keys(dependencies).some((name) => !existsSync(join(root, 'node_modules', name)));
}
