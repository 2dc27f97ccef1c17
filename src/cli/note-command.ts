import { readOwnPackage } from '../config/own-package.js';
import { noteDecision } from '../os/debug/debug-log.js';

/** Notes which command begins, where a report of a bug begins. */
export function noteCommand(name: string): void {
  const { platform, arch, version: node } = process;
  noteDecision(
    'cli',
    () => `jamdev ${readOwnPackage().version} ${name}, Node.js ${node}, ${platform} ${arch}, in ${process.cwd()}`,
  );
}
