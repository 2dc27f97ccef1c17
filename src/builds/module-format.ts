import { dirname, join } from 'node:path';
import { ignoreError, noteHandled } from '../os/debug/debug-log.js';
import { readRegularFile } from '../os/regular-file.js';
import type { ModuleFormat } from './syntax-parser.js';

/**
 * Determines how Node.js interprets a JavaScript file: by its extension, or by the `type` of its package.
 * @param path absolute
 */
export async function findModuleFormat(path: string): Promise<ModuleFormat> {
  if (path.endsWith('.mjs')) return 'module';
  if (path.endsWith('.cjs')) return 'commonjs';
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const text = await readRegularFile(join(folder, 'package.json')).catch(
      ignoreError('builds', 'reading package.json'),
    );
    if (text !== undefined) return formatOf(text);
    if (folder === dirname(folder)) return 'either';
  }
}

function formatOf(packageText: string): ModuleFormat {
  try {
    const { type } = JSON.parse(packageText) as { type?: unknown };
    return type === 'module' || type === 'commonjs' ? type : 'either';
  } catch (error) {
    noteHandled('builds', 'reading the type of a package', error);
    // Node.js itself refuses to run anything in such a package.
    return 'either';
  }
}
