import type { Build } from '../runtime/runtime.js';

/** The tag by which a build can be chosen. */
export function tagOf({ number }: Build): string {
  return `build-${number}`;
}

/** What identifies a build: the id of its image; builds of child processes have none, and are identified by number. */
export function digestOf(build: Build): string {
  return build.kind === 'container' ? build.digest : tagOf(build);
}
