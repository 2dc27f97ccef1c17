import { readdirSync, readFileSync } from 'node:fs';

/**
 * Measures processes and all that they started; what several of them share is counted once. Linux only.
 * @param {readonly number[]} pids
 * @returns {number} memory in MB
 */
export function proportionalMb(pids) {
  const kb = pids.flatMap(treeOf).map((pid) => {
    const [, pss] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
    return Number(pss);
  });
  return kb.reduce((sum, each) => sum + each, 0) / 1024;
}

/**
 * @param {number} pid
 * @returns {number[]}
 */
function treeOf(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const lists = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8'));
  const children = lists.join(' ').split(/\s+/).filter(Boolean).map(Number);
  return [pid, ...children.flatMap(treeOf)];
}
