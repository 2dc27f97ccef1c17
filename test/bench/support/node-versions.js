import { execFileSync } from 'node:child_process';
import { newestMajor, provideNode } from '../../support/node-versions.mjs';

/** The oldest that jamdev is for. */
const OLDEST = '20';

/**
 * Installs the oldest version of Node.js that jamdev is for, and the newest that npm has. One that can't be had is left out.
 * @returns {{ label: string, node: string }[]} the oldest first; `node` is the path of the executable
 */
export function oldestAndNewestNode() {
  return ['oldest', 'newest'].flatMap((which) => {
    try {
      const node = provideNode(which === 'newest' ? newestMajor() : OLDEST);
      const version = execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
      return [{ label: `Node.js ${version.split('.')[0]}`, node }];
    } catch (error) {
      console.error(
        `the ${which} Node.js can't be had, and is left out: ${error instanceof Error ? error.message : error}`,
      );
      return [];
    }
  });
}
