import { pause } from '../os/clock.js';
import type { ChildTree } from './child-tree.js';

/** A process that runs longer than this after the first of its tree is a daemon, not a step in the background. */
const LINGERING_MS = 10_000;
const LINGERING_PAUSE_MS = 100;

/** Processes that outlive the first one of their tree, and that nobody ends. */
export interface Lingering {
  /** Resolves when they have ended, or are found to be daemons: a step in the background may still write files. */
  gone: Promise<void>;
}

/** Finds out what a child that has ended left running. @returns undefined: nothing, or it is not known */
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
