/** Lays out rows below headings, in columns two spaces apart, as wide as a terminal shows them. */
export async function formatTable(headings: readonly string[], rows: readonly string[][]): Promise<string[]> {
  // Loaded here, as it takes longer than the start of any other command should.
  const { default: stringWidth } = await import('string-width');
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => stringWidth(row[column] ?? ''))));
  const pad = (cell: string, column: number) => cell + ' '.repeat((widths[column] ?? 0) - stringWidth(cell));
  return all.map((row) => row.map(pad).join('  ').trimEnd());
}
