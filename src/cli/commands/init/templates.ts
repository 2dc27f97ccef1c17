import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { ownFolder } from '../../../config/own-package.js';

/** The templates of `jamdev init`, the default one first. Each is a folder of the same name in templates/. */
export const TEMPLATES = {
  websocket: 'a shared text over plain WebSockets; Node.js with ws',
  socketio: 'a shared text over Socket.IO; Node.js',
  'warm-pool': 'the first one, started ahead of time by @jamsocket/session-backend; Node.js with ws',
  python: 'a shared text over server-sent events; Python 3.9 or newer, standard library only',
} as const;

export type TemplateName = keyof typeof TEMPLATES;

export const TEMPLATE_NAMES = Object.keys(TEMPLATES) as TemplateName[];

export const DEFAULT_TEMPLATE: TemplateName = 'websocket';

/** A file of a template. */
export interface TemplateFile {
  /** Relative to the folder, with slashes. */
  path: string;
  content: Buffer;
}

/** npm does not pack files named `.gitignore`, so the package has it under this name. */
const PACKED_GITIGNORE = 'gitignore';

/** Reads all files of a template, sorted by path, except files left by running it in place. */
export async function readTemplate(name: TemplateName): Promise<TemplateFile[]> {
  const root = join(ownFolder(), 'templates', name);
  const leftOut = ignore().add(await readFile(join(root, PACKED_GITIGNORE), 'utf8'));
  const paths = (await listFiles(root, '', leftOut)).filter((path) => path !== '.gitignore');
  const files = paths.map(async (path) => ({
    path: path === PACKED_GITIGNORE ? '.gitignore' : path,
    content: await readFile(join(root, path)),
  }));
  return (await Promise.all(files)).sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function listFiles(root: string, folder: string, leftOut: Ignore): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory()) {
      if (!leftOut.ignores(`${path}/`)) found.push(...(await listFiles(root, `${path}/`, leftOut)));
    } else if (!leftOut.ignores(path)) {
      found.push(path);
    }
  }
  return found;
}
