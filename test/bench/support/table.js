import { ratioOf, verdictOn } from './row.js';

const HEAD = ['what', 'against', 'value', 'baseline', 'ratio', 'reach', ''];
const FIRST_NUMBER_COLUMN = 2;

/**
 * @param {readonly import('./row.js').Row[]} rows
 * @returns {string} the result as text, in columns
 */
export function formatTable(rows) {
  const lines = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  return lines
    .map((cells) => cells.map((cell, column) => align(cell, column, widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

/**
 * @param {readonly import('./row.js').Row[]} rows
 * @returns {string} the result as a table in Markdown
 */
export function formatMarkdown(rows) {
  const rule = HEAD.map((_, column) => (isNumeric(column) ? '--:' : '---'));
  // Rows that belong to the one before are indented, which a table in Markdown does not show.
  const lines = [HEAD, rule, ...rows.map(cellsOf)].map(([what = '', ...cells]) => [
    what.replace(/^ +/, '… '),
    ...cells,
  ]);
  return lines.map((cells) => `| ${cells.join(' | ')} |`.replace(/ {2,}/g, ' ')).join('\n');
}

/** @param {number} column */
function isNumeric(column) {
  return column >= FIRST_NUMBER_COLUMN && column < HEAD.length - 1;
}

/** @param {import('./row.js').Row} row */
function cellsOf(row) {
  const { what, against, unit, value, baseline, reach } = row;
  const wanted = reach === undefined ? '' : 'atMost' in reach ? `<= ${reach.atMost}x` : `>= ${reach.atLeast}x`;
  return [
    what,
    against,
    `${round(value)} ${unit}`,
    `${round(baseline)} ${unit}`,
    `${ratioOf(row).toFixed(2)}x`,
    wanted,
    verdictOn(row),
  ];
}

/** @param {number} number */
function round(number) {
  return number >= 1_000 ? Math.round(number).toLocaleString('en-US') : number.toFixed(1);
}

/**
 * @param {string} cell
 * @param {number} column
 * @param {number} width
 */
function align(cell, column, width) {
  return isNumeric(column) ? cell.padStart(width) : cell.padEnd(width);
}
