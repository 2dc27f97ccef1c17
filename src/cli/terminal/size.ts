const KIB = 1024;
const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Formats a number of bytes: `512 B`, `48 MiB`, `1.2 GiB`. */
export function formatSize(bytes: number): string {
  if (bytes < KIB) return `${Math.round(bytes)} B`;
  let size = bytes / KIB;
  let unit = 0;
  // The next unit begins at the value whose rounded number would have four digits.
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= KIB;
    unit += 1;
  }
  return `${size < 9.95 && unit > 0 ? size.toFixed(1) : Math.round(size)} ${UNITS[unit]}`;
}
