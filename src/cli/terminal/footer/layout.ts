import type { ChalkInstance } from 'chalk';
import type { Status } from '../../../contract/status.js';
import { counted } from '../counted.js';
import { fitToWidth, sliceToWidth, type WidthOf } from '../fit-text.js';
import { type Column, type FittedColumn, fitColumns } from './columns.js';

/** The content of the footer. All texts are free of control characters. */
export interface FooterContent {
  /** Running backends, newest first: at least as many as fit. */
  rows: readonly FooterRow[];
  /** The number of further running backends. Default: 0. */
  more?: number;
  /** Services whose newest build has failed. */
  failing: readonly { service: string; number: number; failure: string }[];
  /** Services with a warm pool, and the number of their warm backends. */
  pools: readonly { service: string; warm: number }[];
  /** Unfinished lines of backends and builds, newest last. */
  live: readonly string[];
  /** The log filter: `all`, or a backend's name. */
  filter: string;
  /** Whether watching is paused. */
  paused: boolean;
  /** The question that the next key answers; undefined if there is none. */
  question?: string | undefined;
  /** One word for each shortcut, most useful first; as many as fit are shown. */
  hints: readonly string[];
}

/** A backend's row in the table. */
export interface FooterRow {
  id: string;
  /** Undefined if it was spawned without a key. */
  key: string | undefined;
  service: string;
  status: Status;
  age: string;
  connections: string;
  memory: string;
}

/** The size of a terminal in characters. */
export interface TerminalSize {
  columns: number;
  rows: number;
}

/** The footer takes at most one of this many lines, because most of the screen is for the log. */
const SCREEN_SHARE = 3;
/** On a smaller screen, there is no footer, since it would show nothing useful or hide the log. */
const MIN_LINES = 2;
const MIN_COLUMNS = 20;
const MAX_KEY_WIDTH = 24;
/** The maximum number of unfinished lines, such as prompts of backends. */
const MAX_LIVE_LINES = 3;
const MIN_CUT_WIDTH = 8;
const SEPARATOR = ' | ';

/** Returns how many rows a footer can have on a screen of this size. */
export function maxRows({ rows }: TerminalSize): number {
  return Math.max(0, Math.floor(rows / SCREEN_SHARE));
}

/**
 * Lays out the footer. The first line is empty: it separates the footer from the log, and the cursor stays there.
 * @returns lines that each fit the width of the terminal; none if it is too small for a footer
 */
export function layoutFooter(
  content: FooterContent,
  size: TerminalSize,
  widthOf: WidthOf,
  chalk: ChalkInstance,
): string[] {
  // The last column stays empty, since many terminals wrap once it is written.
  const width = size.columns - 1;
  const most = maxRows(size);
  if (most < MIN_LINES || width < MIN_COLUMNS) return [];
  const failing = most > MIN_LINES ? failingLine(content, width, widthOf, chalk) : [];
  const free = most - MIN_LINES - failing.length;
  const table = layoutTable(content, free, width, widthOf, chalk);
  const spare = free - table.length;
  const newest = content.live.slice(Math.max(0, content.live.length - Math.min(MAX_LIVE_LINES, spare)));
  const live = newest.map((line) => chalk.dim(sliceToWidth(line, width, widthOf)));
  return ['', ...live, ...table, ...failing, statusLine(content, table.length > 0, width, widthOf, chalk)];
}

/** @param free the number of available lines */
function layoutTable(
  content: FooterContent,
  free: number,
  width: number,
  widthOf: WidthOf,
  chalk: ChalkInstance,
): string[] {
  const { rows } = content;
  const count = rows.length + (content.more ?? 0);
  // A heading with only "+ 3 more" below it would not be a table.
  const fitting = count <= free - 1 ? count : free - 2;
  if (rows.length === 0 || fitting < 1) return [];
  const shown = rows.slice(0, fitting);
  const columns = fitTable(shown, width, widthOf);
  const heading = chalk.dim(
    columns
      .map(({ heading }) => heading)
      .join('  ')
      .trimEnd(),
  );
  const lines = shown.map(({ status }, index) => {
    const color = status === 'ready' ? chalk.green : status.endsWith('terminating') ? chalk.yellow : chalk.dim;
    const cells = columns.map(({ heading, cells }) => {
      const cell = cells[index] ?? '';
      return heading.startsWith('STATUS') ? color(cell) : cell;
    });
    return cells.join('  ').trimEnd();
  });
  const more = count - shown.length;
  return [heading, ...lines, ...(more === 0 ? [] : [chalk.dim(`+ ${more} more`)])];
}

function fitTable(rows: readonly FooterRow[], width: number, widthOf: WidthOf): readonly FittedColumn[] {
  const id: Column = { heading: 'ID', cells: rows.map((row) => row.id), dropOrder: 6 };
  const others = otherColumns(rows);
  const columns = fitColumns([id, keyColumn(rows.map(({ key }) => key ?? '-')), ...others], width, widthOf);
  if (columns[0]?.heading.startsWith(id.heading)) return columns;
  // Without the ID column, a backend without a key is shown by its id, which must not be cut.
  const idWidth = Math.max(0, ...rows.map((row) => (row.key === undefined ? row.id.length : 0)));
  return fitColumns(
    [
      keyColumn(
        rows.map((row) => row.key ?? row.id),
        idWidth,
      ),
      ...others,
    ],
    width,
    widthOf,
  );
}

function keyColumn(cells: readonly string[], idWidth = 0): Column {
  const minWidth = Math.max(MIN_CUT_WIDTH, idWidth);
  return { heading: 'KEY', cells, dropOrder: 0, cut: 'middle', minWidth, maxWidth: MAX_KEY_WIDTH };
}

function otherColumns(rows: readonly FooterRow[]): Column[] {
  const cells = (name: Exclude<keyof FooterRow, 'key'>) => rows.map((row) => row[name]);
  return [
    { heading: 'SERVICE', cells: cells('service'), dropOrder: 4, minWidth: MIN_CUT_WIDTH, maxWidth: MAX_KEY_WIDTH },
    { heading: 'STATUS', cells: cells('status'), dropOrder: 1 },
    { heading: 'AGE', cells: cells('age'), dropOrder: 3 },
    { heading: 'CONNECTIONS', cells: cells('connections'), dropOrder: 2 },
    { heading: 'MEMORY', cells: cells('memory'), dropOrder: 5 },
  ];
}

/** Returns a single line, because the log above has the output of each failure. */
function failingLine({ failing }: FooterContent, width: number, widthOf: WidthOf, chalk: ChalkInstance): string[] {
  if (failing.length === 0) return [];
  const each = failing.map(({ service, number, failure }) => `build ${number} of ${service} failed: ${failure}`);
  return [chalk.red(fitToWidth(each.join('; '), width, widthOf))];
}

/** Describes the pools, separately from the backends in the table, because pooled backends belong to no session. */
function poolState(pools: FooterContent['pools']): string[] {
  const [first, ...others] = pools;
  if (first === undefined) return [];
  if (others.length === 0) return [`pool: ${first.warm} warm`];
  return [`pool: ${pools.map(({ service, warm }) => `${service} ${warm}`).join(', ')} warm`];
}

function statusLine(
  content: FooterContent,
  hasTable: boolean,
  width: number,
  widthOf: WidthOf,
  chalk: ChalkInstance,
): string {
  const { rows, more = 0, pools, filter, paused, hints, question } = content;
  if (question !== undefined) return chalk.yellow(fitToWidth(question, width, widthOf));
  const running = rows.length + more;
  const count = running === 0 ? 'no backends' : counted(running, 'backend');
  const state = [
    ...(hasTable ? [] : [count]),
    ...poolState(pools),
    `log: ${fitToWidth(filter, MAX_KEY_WIDTH, widthOf)}`,
    ...(paused ? ['watching is paused'] : []),
  ];
  const text = fitToWidth(state.join(SEPARATOR), width, widthOf);
  let left = width - widthOf(text);
  const fitting: string[] = [];
  for (const hint of hints) {
    const needed = widthOf(hint) + (fitting.length === 0 ? SEPARATOR.length : 2);
    if (needed > left) break;
    left -= needed;
    fitting.push(hint);
  }
  return fitting.length === 0 ? text : `${text}${chalk.dim(`${SEPARATOR}${fitting.join('  ')}`)}`;
}
