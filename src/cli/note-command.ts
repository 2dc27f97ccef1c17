import { readOwnPackage } from '../config/own-package.js';
import { noteDecision } from '../os/debug/debug-log.js';

/** Logs the command and its environment at debug level, which a bug report needs first. */
export function noteCommand(name: string): void {
  const { platform, arch, version: node } = process;
  noteDecision(
    'cli',
    () => `jamdev ${readOwnPackage().version} ${name}, Node.js ${node}, ${platform} ${arch}, in ${process.cwd()}`,
  );
}
