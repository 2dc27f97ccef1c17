import { spawnSync } from 'node:child_process';
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeProject } from '../support/project.js';
import { startWatching } from './watcher-support.js';

const NEW = 'console.log(2)\n';

/** How an editor opens a file, which must not be a change, and how it saves it: the system calls observed. */
interface Editor {
  name: string;
  open?(file: string): void;
  save(file: string): void;
  close?(file: string): void;
}

const beside = (file: string, name: string) => join(dirname(file), name);
const nameOf = (file: string) => file.slice(file.lastIndexOf('/') + 1);

/** Overwrites the file without creating another one. */
function overwrite(file: string, text: string): void {
  const descriptor = openSync(file, 'r+');
  ftruncateSync(descriptor);
  writeSync(descriptor, text);
  fsyncSync(descriptor);
  closeSync(descriptor);
}

const EDITORS: Editor[] = [
  { name: 'VS Code, Sublime Text, nano: overwrite the file', save: (file) => overwrite(file, NEW) },
  {
    name: 'vim with backupcopy=no: renames the file to a backup and writes another',
    open: (file) => writeFileSync(beside(file, `.${nameOf(file)}.swp`), 'b0VIM'),
    save: (file) => {
      writeFileSync(beside(file, '4913'), '');
      unlinkSync(beside(file, '4913'));
      renameSync(file, `${file}~`);
      writeFileSync(file, NEW);
      unlinkSync(`${file}~`);
      writeFileSync(beside(file, `.${nameOf(file)}.swp`), 'b0VIM again');
    },
    close: (file) => unlinkSync(beside(file, `.${nameOf(file)}.swp`)),
  },
  {
    name: 'vim with a permanent backup and an undo file',
    save: (file) => {
      writeFileSync(`${file}~`, 'console.log(1)\n');
      overwrite(file, NEW);
      writeFileSync(beside(file, `.${nameOf(file)}.un~`), 'undo');
    },
  },
  {
    name: 'Emacs: a dangling link as a lock, auto-save and a backup',
    open: (file) => {
      symlinkSync('me@host.1234:1', beside(file, `.#${nameOf(file)}`));
      writeFileSync(beside(file, `#${nameOf(file)}#`), NEW);
    },
    save: (file) => {
      renameSync(file, `${file}~`);
      writeFileSync(file, NEW);
      unlinkSync(beside(file, `.#${nameOf(file)}`));
      unlinkSync(beside(file, `#${nameOf(file)}#`));
    },
  },
  {
    name: 'JetBrains: safe write by two renames',
    save: (file) => {
      writeFileSync(`${file}___jb_tmp___`, NEW);
      renameSync(file, `${file}___jb_old___`);
      renameSync(`${file}___jb_tmp___`, file);
      unlinkSync(`${file}___jb_old___`);
    },
  },
  {
    name: 'Kate and Qt Creator: a temporary file with a random name renamed over the file',
    open: (file) => writeFileSync(beside(file, `.${nameOf(file)}.kate-swp`), ''),
    save: (file) => {
      writeFileSync(`${file}.QzXyAb`, NEW);
      renameSync(`${file}.QzXyAb`, file);
    },
    close: (file) => unlinkSync(beside(file, `.${nameOf(file)}.kate-swp`)),
  },
  {
    name: 'gedit and other GNOME editors: a backup, and a stream renamed over the file',
    save: (file) => {
      const stream = beside(file, '.goutputstream-X1Y2Z3');
      writeFileSync(stream, NEW);
      linkSync(file, `${file}~`);
      renameSync(stream, file);
      unlinkSync(`${file}~`);
    },
  },
  {
    name: 'LibreOffice: a lock file, and temporary files copied over the file',
    open: (file) => writeFileSync(beside(file, `.~lock.${nameOf(file)}#`), ',me,host,26.11.2026 04:00,file:///me;'),
    save: (file) => {
      writeFileSync(beside(file, 'lu4711abc.tmp'), NEW);
      renameSync(beside(file, 'lu4711abc.tmp'), file);
    },
    close: (file) => unlinkSync(beside(file, `.~lock.${nameOf(file)}#`)),
  },
  {
    name: 'sed -i, prettier, and others that rename over the file',
    save: (file) => {
      writeFileSync(beside(file, 'sedAbCdEf'), NEW);
      renameSync(beside(file, 'sedAbCdEf'), file);
    },
  },
  {
    name: 'rsync and unison: a hidden temporary file',
    save: (file) => {
      writeFileSync(beside(file, `.${nameOf(file)}.AbCdEf`), NEW);
      renameSync(beside(file, `.${nameOf(file)}.AbCdEf`), file);
    },
  },
  {
    name: 'an editor that deletes the file first',
    save: (file) => {
      rmSync(file);
      writeFileSync(file, NEW);
    },
  },
];

/** Whether a real editor is installed. */
const isInstalled = (program: string) => spawnSync(program, ['--version']).status === 0;
const vim = (file: string, ...settings: string[]) => {
  const commands = [...settings.map((setting) => `set ${setting}`), '%s/1/2/', 'wq'].flatMap((text) => ['-c', text]);
  const { status } = spawnSync('vim', ['-N', '-u', 'NONE', '-es', ...commands, file]);
  expect(status).toBe(0);
};

async function edit({ open, save, close }: Omit<Editor, 'name'>): Promise<void> {
  const root = makeProject({ 'src/server.js': 'console.log(1)\n' });
  const file = join(root, 'src', 'server.js');
  mkdirSync(join(root, 'src', '.idea'));
  const { batchesOf } = await startWatching(root);
  expect(await batchesOf(() => open?.(file))).toEqual([]);
  expect(await batchesOf(() => save(file))).toEqual([['content src/server.js']]);
  expect(await batchesOf(() => close?.(file))).toEqual([]);
  // The next save is noticed as well.
  expect(await batchesOf(() => writeFileSync(file, 'console.log(3)\n'))).toEqual([['content src/server.js']]);
}

describe('opening and closing a file is no change and saving it is one, with', () => {
  test.each(EDITORS)('$name', (editor) => edit(editor));

  test
    .skipIf(!isInstalled('vim'))
    .each([['backupcopy=no'], ['backupcopy=yes'], ['backup'], ['undofile'], ['nowritebackup']])(
    'vim itself, set %s',
    (setting) => edit({ save: (file) => vim(file, setting) }),
  );
});
