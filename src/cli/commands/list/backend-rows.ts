import type { DevBackend, WarmPool } from '../../../contract/dev-endpoints.js';
import type { CommandIo } from '../../io.js';
import { cleanText } from '../../terminal/clean.js';
import { formatAge } from '../../terminal/duration.js';
import { fitMiddle } from '../../terminal/fit-text.js';
import { formatSize } from '../../terminal/size.js';
import { formatTable } from '../../terminal/table.js';
import { textWidth } from '../../terminal/text-width.js';
import type { ListOptions } from './list-options.js';

/** Longer keys are cut in the middle; `--json` shows them in full. */
const MAX_KEY_WIDTH = 32;

/** The headings for the cells of {@link toRow}. */
export const HEADINGS = ['ID', 'KEY', 'SERVICE', 'STATUS', 'AGE', 'CONNECTIONS', 'MEMORY'];

/** Filters backends according to the options. */
export function chosen<T extends DevBackend>(backends: readonly T[], { all }: ListOptions): readonly T[] {
  return all ? backends : backends.filter(({ status }) => status.status !== 'terminated');
}

/** Prints rows below headings. */
export function printTable(headings: readonly string[], rows: readonly string[][], io: CommandIo): void {
  for (const line of formatTable(headings, rows)) io.out(line);
}

/** Makes the table cells of a backend. */
export function toRow(backend: DevBackend): string[] {
  const age = formatAge(Date.now() - Date.parse(backend.created_at));
  // Older dev servers do not report whether the key was given.
  const shownKey = backend.key_given === false ? '-' : backend.key;
  const [key, service] = [shownKey, backend.service].map(cleanText);
  const memory = backend.memory === null ? '-' : formatSize(backend.memory);
  return [
    backend.id,
    fitMiddle(key ?? '', MAX_KEY_WIDTH, textWidth),
    service ?? '',
    backend.status.status,
    age,
    backend.connections === null ? '-' : String(backend.connections),
    memory,
  ];
}

/** Describes how full a warm pool is. */
export function describePool({ service, warm, size }: WarmPool): string {
  return `Warm pool of ${cleanText(service)}: ${warm} of ${size} warm`;
}
