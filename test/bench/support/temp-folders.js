import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @type {string[]} */
const folders = [];

/** Makes a folder that is deleted when the benchmark ends. */
export function makeTempFolder() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'jamdev-bench-')));
  folders.push(folder);
  return folder;
}

process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});
