/** One place where two transcripts differ. */
export interface Difference {
  /** Such as `exchange.backend.0.headers.x-a`; a header's values are a list, and an absent one is an empty list. */
  path: string;
  plane: unknown;
  jamdev: unknown;
}

/** Lists of lines `name: value`, in which only the order of values with the same name matters. */
const HEADER_LISTS: readonly string[] = ['headers', 'trailers'];

/** Compares two transcripts. @returns all differences */
export function compare(plane: unknown, jamdev: unknown, path: readonly string[] = []): Difference[] {
  if (Array.isArray(plane) && Array.isArray(jamdev)) {
    if (HEADER_LISTS.includes(path.at(-1) ?? '')) return compareHeaders(plane, jamdev, path);
    const longer = plane.length > jamdev.length ? plane : jamdev;
    return longer.flatMap((_, index) => compare(plane[index], jamdev[index], [...path, String(index)]));
  }
  if (isObject(plane) && isObject(jamdev)) {
    const names = new Set([...Object.keys(plane), ...Object.keys(jamdev)]);
    return [...names].flatMap((name) => compare(plane[name], jamdev[name], [...path, name]));
  }
  return plane === jamdev ? [] : [{ path: path.join('.'), plane, jamdev }];
}

/** One line for a message: `PATH: VALUE on Plane, VALUE on jamdev`. */
export function inWords({ path, plane, jamdev }: Difference): string {
  return `${path}: ${JSON.stringify(plane) ?? 'nothing'} on Plane, ${JSON.stringify(jamdev) ?? 'nothing'} on jamdev`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function compareHeaders(plane: string[], jamdev: string[], path: readonly string[]): Difference[] {
  const [onPlane, onJamdev] = [byName(plane), byName(jamdev)];
  const names = [...new Set([...onPlane.keys(), ...onJamdev.keys()])];
  const differences = names.flatMap((name) => {
    const [left, right] = [onPlane.get(name) ?? [], onJamdev.get(name) ?? []];
    const isSame = JSON.stringify(left) === JSON.stringify(right);
    return isSame ? [] : [{ path: [...path, name].join('.'), plane: left, jamdev: right }];
  });
  const shared = (name: string) => onPlane.has(name) && onJamdev.has(name);
  const aspect = (what: string, of: (lines: string[]) => string[]) => {
    const [left, right] = [of(plane).join(', '), of(jamdev).join(', ')];
    return left === right ? [] : [{ path: [...path, `(${what})`].join('.'), plane: left, jamdev: right }];
  };
  return [
    ...differences,
    // Names that both have, once each; their repetitions are compared by the values.
    ...aspect('order', (lines) => [...byName(lines).keys()].filter(shared)),
    ...aspect('case', (lines) =>
      [...new Set(lines.map(nameOf))].filter((name) => shared(name.toLowerCase())).sort(ignoringCase),
    ),
  ];
}

function ignoringCase(a: string, b: string): number {
  return a.toLowerCase() < b.toLowerCase() ? -1 : 1;
}

function nameOf(line: string): string {
  return line.slice(0, Math.max(0, line.indexOf(':')));
}

function byName(lines: readonly string[]): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const line of lines) {
    const name = nameOf(line).toLowerCase();
    values.set(name, [...(values.get(name) ?? []), line.slice(line.indexOf(':') + 1).trim()]);
  }
  return values;
}
