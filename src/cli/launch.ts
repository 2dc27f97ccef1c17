import { writeSync } from 'node:fs';
import { readOwnPackage } from '../config/own-package.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { keepYoungSpaceSmall } from '../os/young-space.js';
import { useCompileCache } from '../records/compile-cache.js';

// The entry point, which loads the program. `jamdev --version` is handled without it, because scripts call it.
if (!(process.argv.length === 3 && isVersionFlag(process.argv[2]) && printVersion())) {
  const isDev = process.argv[2] === 'dev';
  if (isDev) {
    // A dev server runs for hours, so its memory matters.
    keepYoungSpaceSmall();
    // Compiled code is written at exit, and V8 rejects it if the next start has other flags.
    process.once('exit', keepYoungSpaceSmall);
  }
  useCompileCache(isDev ? 'dev' : 'commands');
  void import('./main.js');
}

function isVersionFlag(argument: string | undefined): boolean {
  return argument === '--version' || argument === '-V';
}

/** @returns whether it was written; if not, the program reports the error */
function printVersion(): boolean {
  try {
    writeSync(1, `${readOwnPackage().version}\n`);
    return true;
  } catch (error) {
    noteHandled('cli', 'writing the version', error);
    return false;
  }
}
