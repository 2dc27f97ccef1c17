import { readOwnPackage } from '../config/own-package.js';
import { noteDecision } from '../os/debug/debug-log.js';

/** Notes the command and its environment in the debug log: a bug report starts with that. */
export function noteCommand(name: string): void {
  const { platform, arch, version: node } = process;
  noteDecision(
    'cli',
    () => `jamdev ${readOwnPackage().version} ${name}, Node.js ${node}, ${platform} ${arch}, in ${process.cwd()}`,
  );
}
