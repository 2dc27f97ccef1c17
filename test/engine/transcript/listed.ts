import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../support/project.js';
import type { Difference } from './compare.js';
import { KINDS } from './kinds.js';

/** One row of the table in docs/differences.md. */
export interface ListedDifference {
  /**
   * Patterns of scenarios, in which `*` stands for anything; a suffix `@processes` or `@containers` limits one to a
   * driver.
   */
  scenarios: string[];
  /** Kinds by name, or paths in a transcript, in which `*` stands for anything. */
  what: string[];
  /** Code at the beginning of a cell is the value, which must be equal; other text is for people. */
  plane: string;
  jamdev: string;
}

/** The used parts of all rows: an unused part is listed although the difference is gone. */
export class ListedDifferences {
  readonly #used = new Set<string>();

  constructor(private readonly rows: readonly ListedDifference[]) {}

  /** Whether some row explains a difference. */
  explains(scenario: string, driver: string, difference: Difference): boolean {
    let isExplained = false;
    this.rows.forEach((row, index) => {
      const places = row.scenarios.filter((each) => matches(each, scenario) || matches(each, `${scenario}@${driver}`));
      const kinds = row.what.filter((each) => isOfKind(each, row, difference));
      if (places.length === 0 || kinds.length === 0) return;
      isExplained = true;
      for (const part of [...places, ...kinds]) this.#used.add(`${index} ${part}`);
    });
    return isExplained;
  }

  /** Parts of rows that have explained nothing so far. */
  unused(): string[] {
    return this.rows.flatMap((row, index) =>
      [...row.scenarios, ...row.what]
        .filter((part) => !this.#used.has(`${index} ${part}`))
        .map((part) => `${part} (in the row of ${row.scenarios.join(', ')}: ${row.what.join(', ')})`),
    );
  }
}

/** Reads a table of docs/differences.md. @param heading of its first column @throws when a row cannot be parsed */
export function readListedDifferences(
  text = readFileSync(join(ROOT, 'docs', 'differences.md'), 'utf8'),
  heading = 'scenarios',
): ListedDifference[] {
  const [, table = ''] = new RegExp(`^\\| ${heading} \\|.*\\n\\|[ |-]+\\n((?:\\|.*\\n)+)`, 'm').exec(text) ?? [];
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [, where = '', what = '', plane = '', jamdev = '', why = ''] = line
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim());
      const row = { scenarios: codeIn(where), what: codeIn(what), plane, jamdev };
      if (row.scenarios.length === 0 || row.what.length === 0 || plane === '' || jamdev === '' || why === '') {
        throw new Error(`docs/differences.md: this row needs a value in each of its five columns: ${line}`);
      }
      const unknown = row.what.find((each) => /^[a-z-]+$/.test(each) && KINDS[each] === undefined);
      if (unknown !== undefined)
        throw new Error(`docs/differences.md: ${unknown} is no kind of test/engine/transcript/kinds.ts`);
      return row;
    });
}

function codeIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replaceAll('\\|', '|'));
}

function isOfKind(what: string, row: ListedDifference, difference: Difference): boolean {
  const kind = KINDS[what];
  if (kind !== undefined) return kind(difference);
  return (
    matches(what, difference.path) && isValue(row.plane, difference.plane) && isValue(row.jamdev, difference.jamdev)
  );
}

/** Whether a cell that begins with code has this value. A string is compared as it is, anything else as JSON. */
function isValue(cell: string, value: unknown): boolean {
  const code = /^`([^`]+)`/.exec(cell)?.[1]?.replaceAll('\\|', '|');
  if (code === undefined) return !/^nothing\b/.test(cell) || value === undefined || JSON.stringify(value) === '[]';
  return code === (typeof value === 'string' ? value : JSON.stringify(value));
}

function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text);
}
