import { writeSync } from 'node:fs';
import { readOwnPackage } from '../config/own-package.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { keepHeapSmall } from '../os/heap-size.js';
import { useCompileCache } from '../records/compile-cache.js';

// What starts first, and loads the program itself. `jamdev --version`, which scripts call, needs nothing of that.
if (!(process.argv.length === 3 && isVersionFlag(process.argv[2]) && printVersion())) {
  const isDev = process.argv[2] === 'dev';
  if (isDev) {
    // A dev server runs for hours, so that its memory matters.
    keepHeapSmall();
    // Compiled code is written at exit, and V8 refuses it at a start with other flags.
    process.once('exit', keepHeapSmall);
  }
  useCompileCache(isDev ? 'dev' : 'commands');
  void import('./main.js');
}

function isVersionFlag(argument: string | undefined): boolean {
  return argument === '--version' || argument === '-V';
}

/** @returns whether it is written; if not, the program can say why */
function printVersion(): boolean {
  try {
    writeSync(1, `${readOwnPackage().version}\n`);
    return true;
  } catch (error) {
    noteHandled('cli', 'writing the version', error);
    return false;
  }
}
