import { textWidth } from './text-width.js';

/** Lays out rows below headings, in columns two spaces apart. Widths are measured as a terminal shows them. */
export function formatTable(headings: readonly string[], rows: readonly string[][]): string[] {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => textWidth(row[column] ?? ''))));
  const pad = (cell: string, column: number) => cell + ' '.repeat((widths[column] ?? 0) - textWidth(cell));
  return all.map((row) => row.map(pad).join('  ').trimEnd());
}
