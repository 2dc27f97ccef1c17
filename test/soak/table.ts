import type { Figure } from './figures.js';

/** @returns figures as text in columns, with details of faulty ones */
export function formatFigures(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [figure.what, figure.value, figure.allowed, figure.isOff ? 'OFF' : 'ok']);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .flatMap((row, index) => {
      const line = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
      const { isOff, details = [] } = figures[index] ?? {};
      return [line.trimEnd(), ...(isOff ? details.map((detail) => `    ${detail.replaceAll('\n', '\n    ')}`) : [])];
    })
    .join('\n');
}
