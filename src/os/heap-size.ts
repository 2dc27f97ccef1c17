import { setFlagsFromString } from 'node:v8';

/**
 * Makes V8 keep its heap close to the memory in use. By default, V8 lets starting sessions fill tens of MB with garbage
 * before it collects, and keeps much of that memory. The young generation stays at its initial 1 MB until
 * `letYoungSpaceGrow()`.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--optimize-for-size');
  setFlagsFromString('--semi-space-growth-factor=1');
}
