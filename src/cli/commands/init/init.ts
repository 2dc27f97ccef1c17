import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { ownFolder, readOwnPackage } from '../../../config/own-package.js';
import { quoteForShell } from '../../../contract/errors/quote-for-shell.js';
import { usageError } from '../../../contract/errors/usage-error.js';
import type { CommandIo } from '../../io.js';
import { addExamples } from '../../option-values.js';
import type { Ask } from '../../terminal/ask.js';
import { fitTemplate } from './fit-template.js';
import { findOwnSpecifier } from './own-specifier.js';
import { choosePackageManager, type PackageManager } from './package-manager.js';
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

/** The selected template and its target folder. */
interface Choice {
  /** The folder as it was typed. */
  folder: string;
  template: TemplateName;
}

/** Suggested in a terminal if the current folder is not empty. */
const SUGGESTED_FOLDER = 'session-backend';

/** `jamdev init`: writes a small app to start from. */
export function initCommand(io: CommandIo): Command {
  const command = new Command('init')
    .argument('[folder]', 'the folder to write to (default: asks in a terminal, otherwise this folder)')
    .addOption(
      new Option(
        '-t, --template <name>',
        `the app to write (default: asks in a terminal, otherwise ${DEFAULT_TEMPLATE})`,
      ).choices(TEMPLATE_NAMES),
    )
    .option('-f, --force', 'overwrite existing files')
    .option('--json', 'print the result as JSON, and ask no questions')
    .action(async (folder: string | undefined, options: InitOptions) => {
      if (folder?.trim() === '')
        throw usageError('The name of the folder is empty.', 'Pass a folder, or leave it out.');
      const choice = await complete({ folder, template: options.template }, options.json ?? false, io);
      const target = resolve(choice.folder);
      const manager = choosePackageManager(process.env.npm_config_user_agent, target);
      const installation = { folder: ownFolder(), version: readOwnPackage().version };
      // npm resolves a relative path from the real folder.
      const specifier = findOwnSpecifier(installation, realPathOf(target), process.cwd());
      const files = fitTemplate(await readTemplate(choice.template), manager, specifier);
      await writeFiles(target, files, options.force ?? false);
      printResult(choice, files, manager, options.json ?? false, io);
    });
  const names = TEMPLATE_NAMES.map((name) => `  ${name.padEnd(9)}  ${TEMPLATES[name]}`);
  command.addHelpText('after', `\nTemplates:\n${names.join('\n')}`);
  return addExamples(command, [
    ['jamdev init', 'ask for the folder and the template'],
    ['jamdev init my-app --template python', 'ask no questions'],
    ['jamdev init . --force', 'write to this folder, and overwrite existing files'],
  ]);
}

/** Asks in the terminal for values that were not given. */
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
  // An answer has not been expanded by a shell.
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

function printResult(
  { folder, template }: Choice,
  files: readonly TemplateFile[],
  { install, jamdev }: PackageManager,
  json: boolean,
  io: CommandIo,
): void {
  const root = realpathSync(folder);
  const next = [
    ...(root === process.cwd() ? [] : [`cd ${quoteForShell(folder)}`]),
    ...(needsInstall(root, files) ? [install] : []),
    `${jamdev} dev`,
  ];
  const spawn = `${jamdev} spawn --key doc-1`;
  const paths = files.map(({ path }) => path);
  if (json) return io.json({ folder: root, template, files: paths, next: [...next, spawn] });
  const lines = [
    `Wrote the template ${template} to ${root}:`,
    `  ${paths.join('  ')}`,
    '',
    'Next:',
    ...next.map((line) => `  ${line}`),
    '',
    'Then, in a second terminal in that folder, get a URL to open in two browser tabs:',
    `  ${spawn}`,
  ];
  for (const line of lines) io.out(line);
}

function needsInstall(root: string, files: readonly TemplateFile[]): boolean {
  const manifest = files.find(({ path }) => path === 'package.json')?.content.toString();
  const { dependencies, devDependencies } = JSON.parse(manifest ?? '{}') as Record<string, object | undefined>;
  const names = Object.keys({ ...dependencies, ...devDependencies });
  return names.some((name) => !existsSync(join(root, 'node_modules', name)));
}

/** Resolves links in the existing part of a path. */
function realPathOf(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  return dirname(path) === path ? path : join(realPathOf(dirname(path)), basename(path));
}
