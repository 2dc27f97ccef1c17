import { pause } from '../os/clock.js';
import type { ChildTree } from './child-tree.js';

/** A process that outlives the first process of its tree by more than this is a daemon, not a background step. */
const LINGERING_MS = 10_000;
const LINGERING_PAUSE_MS = 100;

/** Processes that outlive the first process of their tree and that jamdev does not end. */
export interface Lingering {
  /** Resolves when they have exited, or turn out to be daemons. Until then, a background step may still write files. */
  gone: Promise<void>;
}

/** Finds processes that an exited child left running. @returns undefined if there are none, or if it is unknown */
export async function lookForRest(tree: ChildTree): Promise<Lingering | undefined> {
  return (await lives(tree)) ? { gone: untilGone(tree) } : undefined;
}

async function untilGone(tree: ChildTree): Promise<void> {
  const deadlineMs = performance.now() + LINGERING_MS;
  do await pause(LINGERING_PAUSE_MS);
  while (performance.now() < deadlineMs && (await lives(tree)));
}

async function lives(tree: ChildTree): Promise<boolean> {
  const sample = await tree.sample();
  return sample.known && sample.living.length > 0;
}
