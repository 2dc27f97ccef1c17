import { fileURLToPath } from 'node:url';

const PRELOAD = fileURLToPath(new URL('./remap-8080.cjs', import.meta.url));

/**
 * NODE_OPTIONS with jamdev's preload behind whatever stands there already.
 *
 * The preload is a CommonJS file given by `--require`: `--import` was measured to cost a Node.js backend 6 ms more at
 * every start, and a Node.js older than 18.18 refuses it in NODE_OPTIONS and does not start at all.
 */
export function withPreload(nodeOptions: string | undefined, preload = PRELOAD): string {
  const option = `--require "${preload.replace(/["\\]/g, '\\$&')}"`;
  return nodeOptions === undefined || nodeOptions.trim() === '' ? option : `${nodeOptions} ${option}`;
}
