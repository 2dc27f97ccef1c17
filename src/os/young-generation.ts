import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 collect young objects in the 1 MB that it begins with, until {@link letYoungGenerationGrow}. What a start makes
 * would let that space grow to 16 MB, and V8 gives it back only much later: an idle dev server would keep some of it.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** Lets it grow again, as V8 does by default: with much traffic, a small one is collected too often. */
export function letYoungGenerationGrow(): void {
  setFlagsFromString('--semi-space-growth-factor=2');
}
