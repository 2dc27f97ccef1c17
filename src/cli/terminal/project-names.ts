import { sep } from 'node:path';

/**
 * Makes short names for project folders, with as many trailing parts of each path as are needed to tell them apart.
 * @param projects absolute paths; the same one may occur several times
 */
export function shortNames(projects: readonly string[]): Map<string, string> {
  const different = [...new Set(projects)];
  return new Map(
    different.map((project) => {
      const length = project.split(sep).length;
      for (let count = 1; count < length; count += 1) {
        const name = lastParts(project, count);
        const isTaken = different.some((other) => other !== project && lastParts(other, count) === name);
        if (name !== '' && !isTaken) return [project, name];
      }
      return [project, project];
    }),
  );
}

/** Shortens a path for people: `~/app`. */
export function fromHome(path: string, home = process.env.HOME ?? ''): string {
  if (home === '' || home === sep) return path;
  if (path === home) return '~';
  return path.startsWith(`${home}${sep}`) ? `~${path.slice(home.length)}` : path;
}

function lastParts(path: string, count: number): string {
  return path.split(sep).slice(-count).join(sep);
}
