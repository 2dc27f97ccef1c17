import type { Build } from '../runtime/runtime.js';

/** Returns the tag by which a build can be selected. */
export function tagOf({ number }: Build): string {
  return `build-${number}`;
}

/**
 * Returns the identifier of a build: the id of its image, or the tag if it has no image because it runs as a child
 * process.
 */
export function digestOf(build: Build): string {
  return build.kind === 'container' ? build.digest : tagOf(build);
}
