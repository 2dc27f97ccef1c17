import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isShortage } from '../os/error-code.js';

/** A log is split into numbered files of this size, so that its oldest part can be deleted as a whole. */
export const SEGMENT_BYTES = 8 * 1024 * 1024;
/** How many of the newest segments are kept: a log takes at most 16 MiB. */
export const MAX_SEGMENTS = 2;

export function segmentPath(folder: string, number: number): string {
  return join(folder, `${number}.log`);
}

/** @returns the numbers of the segments in a log's folder, oldest first */
export function listSegments(folder: string): number[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (isShortage(error)) throw error;
    return [];
  }
  return names.flatMap((name) => (/^\d+\.log$/.test(name) ? [Number.parseInt(name, 10)] : [])).sort((a, b) => a - b);
}
