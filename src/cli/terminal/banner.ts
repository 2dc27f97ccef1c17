import type { ServiceConfig } from '../../config/service-config.js';

/** The banner has so many lines at most, remarks apart. */
const MAX_LINES = 8;
/** The one with the version, and an empty one. */
const HEAD_LINES = 2;

/** A label, and what it stands for. */
export type BannerLine = readonly [label: string, text: string];

/**
 * The lines of the banner below its head: what comes before the services, these, and what comes after. However many
 * services there are, all are named, and the banner stays within its eight lines.
 */
export function bannerLines(
  before: readonly BannerLine[],
  services: readonly ServiceConfig[],
  after: readonly BannerLine[],
): BannerLine[] {
  const room = Math.max(1, MAX_LINES - HEAD_LINES - before.length - after.length);
  return [...before, ...serviceLines(services, room), ...after];
}

function serviceLines(services: readonly ServiceConfig[], room: number): BannerLine[] {
  const [only] = services;
  if (services.length === 1 && only !== undefined) return [['runs', `${describeRun(only)}  (${only.foundIn})`]];
  const width = Math.max(...services.map(({ name }) => name.length));
  const oneLineEach = services.length <= room ? services : services.slice(0, room - 1);
  const together = services.slice(oneLineEach.length);
  const lines = oneLineEach.map((service) => `${service.name.padEnd(width)}  ${describeRun(service)}`);
  if (together.length > 0) lines.push(together.map((service) => `${service.name}: ${describeRun(service)}`).join('; '));
  return lines.map((text, index) => [index === 0 ? 'runs' : '', text]);
}

/** How the backends of a service run, in a few words. */
function describeRun(service: ServiceConfig): string {
  return service.runtime === 'process' ? service.command : `containers of ${service.dockerfile}`;
}
