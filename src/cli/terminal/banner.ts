import { basename } from 'node:path';
import { createReadEnvFiles, isReadOnce } from '../../config/env-file.js';
import type { ServiceConfig } from '../../config/service-config.js';
import type { DevServer } from '../../dev-server/dev-server.js';
import { noteHandled } from '../../os/debug/debug-log.js';
import { compose, cyan, type Text } from './text.js';

/** The banner shows how services run only if it then has at most this many lines, without remarks. */
const MAX_LINES = 8;
/** With more services than this, the banner shows how they run only if that is short. */
const MAX_DESCRIBED = 6;
/** Service names are wrapped at this many columns to stay readable. */
const MAX_TEXT_WIDTH = 68;
/** Columns before the text of a line: the label and spaces. */
const LABEL_WIDTH = 10;
/** The line with the version, and an empty line. */
const HEAD_LINES = 2;
/** The maximum number of listed variables. */
const MAX_NAMES = 8;

/** A label and its text. */
export type BannerLine = readonly [label: string, text: Text];

/**
 * Makes the lines of the banner below its head: the lines before the services, the services, and the lines after them.
 * It lists all services, and how they run for as many as can be read at a glance.
 * @param columns of the terminal
 */
export function bannerLines(
  before: readonly BannerLine[],
  services: readonly ServiceConfig[],
  after: readonly BannerLine[],
  columns = 80,
): BannerLine[] {
  const room = Math.max(1, MAX_LINES - HEAD_LINES - before.length - after.length);
  return [...before, ...serviceLines(services, room, columns), ...after];
}

/** Returns the line with the URLs for other machines; none if the dev server is reachable from this machine only. */
export function networkLines({ networkUrls, config }: Pick<DevServer, 'networkUrls' | 'config'>): BannerLine[] {
  if (networkUrls === undefined) return [];
  const { api_url, proxy_url } = networkUrls;
  const label = Object.keys(config.publicUrl).length > 0 ? 'public' : 'network';
  return [[label, compose`${cyan(api_url)} (API), ${cyan(proxy_url)} (proxy)`]];
}

function serviceLines(services: readonly ServiceConfig[], room: number, columns: number): BannerLine[] {
  const [only] = services;
  if (services.length === 1 && only !== undefined) return [['runs', `${describeRun(only)}  (${only.foundIn})`]];
  const lines = describeEach(services, room) ?? listNames(services, columns);
  return lines.map((text, index) => [index === 0 ? 'runs' : '', text]);
}

/**
 * Describes how each service runs, one line each, with a combined line for the last ones; undefined if that is too
 * long.
 */
function describeEach(services: readonly ServiceConfig[], room: number): string[] | undefined {
  const width = Math.max(...services.map(({ name }) => name.length));
  const oneLineEach = services.length <= room ? services : services.slice(0, room - 1);
  const lines = oneLineEach.map((service) => `${service.name.padEnd(width)}  ${describeRun(service)}`);
  const others = services.slice(oneLineEach.length).map((service) => `${service.name}: ${describeRun(service)}`);
  const together = others.join('; ');
  if (services.length > MAX_DESCRIBED && together.length > 2 * MAX_TEXT_WIDTH) return undefined;
  return others.length === 0 ? lines : [...lines, together];
}

function listNames(services: readonly ServiceConfig[], columns: number): string[] {
  const names = services.map(({ name }) => name).join(', ');
  return wrapped(`${services.length} services: ${names}`, Math.min(MAX_TEXT_WIDTH, columns - LABEL_WIDTH - 1));
}

/** Wraps a text between words. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/**
 * Lists the variables from env files: only names, never values. Returns no line if there are no env files, or if one
 * can't be read, which the build reports. Named pipes are read only by the build, because their content can be read
 * only once.
 */
export async function environmentLines(services: readonly ServiceConfig[]): Promise<BannerLine[]> {
  const files = services.flatMap(({ envFiles }) => envFiles);
  const pipes = files.filter(isReadOnce);
  try {
    const { env, leftOut } = await createReadEnvFiles()(files.filter((file) => !pipes.includes(file)));
    const names = Object.keys(env);
    if (names.length + leftOut.length + pipes.length === 0) return [];
    const shown = names.slice(0, MAX_NAMES).join(', ') || (pipes.length > 0 ? 'read by each build' : 'nothing');
    const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
    const without = leftOut.length > 0 ? `; not ${leftOut.join(', ')}: set by the platform` : '';
    return [
      ['env', `${shown}${more}  (${[...new Set(files.map(({ path }) => basename(path)))].join(', ')}${without})`],
    ];
  } catch (error) {
    noteHandled('cli', 'reading env files for the banner', error);
    return [];
  }
}

/** Describes in a few words how the backends of a service run. */
function describeRun(service: ServiceConfig): string {
  return service.runtime === 'process' ? service.command : `containers of ${service.dockerfile}`;
}
