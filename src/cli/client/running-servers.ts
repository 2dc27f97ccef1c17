import { relative, sep } from 'node:path';
import type { ServerRecord } from '../../records/server-records.js';
import { fromHome } from '../terminal/project-names.js';

/** Limit of listed dev servers; the others are only counted. */
const MAX_LISTED = 10;

type Running = Pick<ServerRecord, 'project' | 'apiUrl'>;

/** Lists dev servers for a message, one per line with its URL. */
export function listServers(servers: readonly Running[]): string[] {
  const shown = servers.slice(0, MAX_LISTED);
  const width = Math.max(...shown.map(({ project }) => fromHome(project).length));
  const lines = shown.map(({ project, apiUrl }) => `    ${fromHome(project).padEnd(width)}  ${apiUrl}`);
  const more = servers.length - shown.length;
  return more === 0 ? lines : [...lines, `    and ${more} more`];
}

/** Picks the dev server that a user in this folder most likely means: one in a subfolder, the nearest first. */
export function pickBelow<S extends Running>(folder: string, servers: readonly S[]): S | undefined {
  const depth = ({ project }: S) => relative(folder, project).split(sep).length;
  const below = servers.filter(({ project }) => project.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`));
  return below.toSorted((a, b) => depth(a) - depth(b))[0];
}
