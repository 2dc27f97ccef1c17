import { readdirSync } from 'node:fs';
import { type BytePath, join, toFsPath } from '../../../src/watch/byte-path.js';
import type { FolderRules } from '../../../src/watch/rules/folder-rules.js';

function namesIn(folder: BytePath): Set<string> {
  return new Set(readdirSync(toFsPath(folder), { encoding: 'latin1' as 'utf8' }));
}

/** The files that rules include, relative to a folder, sorted. Skips `.git`. */
export async function filesLeftIn(folder: BytePath, rules: FolderRules, prefix = ''): Promise<string[]> {
  const found: string[] = [];
  const entries = readdirSync(toFsPath(folder), { withFileTypes: true, encoding: 'latin1' as 'utf8' });
  for (const entry of entries) {
    if (entry.name === '.git' || rules.ignores(entry.name, entry.isDirectory())) continue;
    if (!entry.isDirectory()) found.push(`${prefix}${entry.name}`);
    else {
      const inner = await filesLeftIn(
        join(folder, entry.name),
        await rules.enter(entry.name, (name) => namesIn(join(folder, entry.name)).has(name), false),
        `${prefix}${entry.name}/`,
      );
      found.push(...inner);
    }
  }
  return found.sort();
}
