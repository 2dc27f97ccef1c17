import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 keep its heap close to what is in use. By default it lets starts of sessions fill tens of MB with what nothing
 * refers to anymore before it looks, and keeps much of that for later. The space for young objects stays at the 1 MB that
 * it begins with, until `letYoungSpaceGrow()`.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--optimize-for-size');
  setFlagsFromString('--semi-space-growth-factor=1');
}
