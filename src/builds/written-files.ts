/** How many files at the top of the service's folder are named individually, since a pattern could match code. */
const MAX_NAMED = 3;

/** Temporary files of SQLite next to a database: https://www.sqlite.org/tempfiles.html */
const OF_DATABASE = /-(?:journal|wal|shm)$/;

/** Files with the same extension in one top-level folder or below it. */
interface Kind {
  files: Set<string>;
  pattern: string;
}

/** Decides what to report about the files that backends write: each kind once, however many files it has. */
export class WrittenFiles {
  readonly #kinds = new Map<string, Kind>();

  /**
   * Records written files.
   * @param files paths relative to the service's folder
   * @returns patterns for "ignore" that were not returned before
   */
  note(files: readonly string[]): string[] {
    return files.flatMap((file) => this.#noteOne(file) ?? []);
  }

  #noteOne(path: string): string | undefined {
    const file = path.replace(OF_DATABASE, '');
    const { top, extension, folder } = split(file);
    const kind = this.#kinds.get(`${top}\0${extension}`);
    if (kind === undefined) {
      const pattern = `/${escapePattern(file)}`;
      this.#kinds.set(`${top}\0${extension}`, { files: new Set([file]), pattern });
      return pattern;
    }
    if (kind.files.has(file) || kind.files.size >= MAX_NAMED) return undefined;
    kind.files.add(file);
    if (top === '') return `/${escapePattern(file)}`;
    const isSameFolder = [...kind.files].every((each) => split(each).folder === folder);
    const where = isSameFolder ? escapePattern(folder) : `${escapePattern(top)}/**`;
    const pattern = `/${where}/*${escapePattern(extension)}`;
    if (pattern === kind.pattern) return undefined;
    kind.pattern = pattern;
    return pattern;
  }
}

function split(file: string): { top: string; folder: string; extension: string } {
  const parts = file.split('/');
  const name = parts.at(-1) ?? '';
  const dot = name.lastIndexOf('.');
  const folder = parts.slice(0, -1).join('/');
  return { top: parts.length > 1 ? (parts[0] ?? '') : '', folder, extension: dot > 0 ? name.slice(dot) : '' };
}

/** Returns a gitignore pattern that matches only the given name. */
function escapePattern(name: string): string {
  return name.replace(/[\\*?[]/g, '\\$&').replace(/ $/, '\\ ');
}
