import { createHash } from 'node:crypto';
import type { ServiceConfig } from '../config/service-config.js';

/** The processes that report a write: the backends of a service, or a build command in a folder. */
export type Writer = `backends-${string}` | `build-${string}`;

/** The backends of a service. @param service its name */
export function backendsOf(service: string): Writer {
  return `backends-${service}`;
}

/** The build of a service, which services in the same folder may share; undefined: nothing is run for it. */
export function buildOf(service: ServiceConfig): Writer | undefined {
  if (service.runtime !== 'process' || service.build === undefined) return undefined;
  return `build-${createHash('sha256')
    .update(JSON.stringify([service.cwd, service.build]))
    .digest('hex')}`;
}

/** Whether a writer is the backends of any service. */
export function areBackends(writer: Writer | undefined): boolean {
  return writer?.startsWith('backends-') === true;
}
