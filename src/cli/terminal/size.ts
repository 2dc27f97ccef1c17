const KIB = 1024;
const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A number of bytes as people write it: `512 B`, `48 MiB`, `1.2 GiB`. */
export function formatSize(bytes: number): string {
  if (bytes < KIB) return `${Math.round(bytes)} B`;
  let size = bytes / KIB;
  let unit = 0;
  // Where the rounded number would have four digits the next unit begins.
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= KIB;
    unit += 1;
  }
  return `${size < 9.95 && unit > 0 ? size.toFixed(1) : Math.round(size)} ${UNITS[unit]}`;
}
