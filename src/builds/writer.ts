import { createHash } from 'node:crypto';
import type { ServiceConfig } from '../config/service-config.js';

/** The processes that report a write: the backends of a service, or a build command in a folder. */
export type Writer = `backends-${string}` | `build-${string}`;

/** Returns the writer for the backends of a service. @param service the service's name */
export function backendsOf(service: string): Writer {
  return `backends-${service}`;
}

/**
 * Returns the writer for a service's build, which services in the same folder may share; undefined if it has no build
 * command.
 */
export function buildOf(service: ServiceConfig): Writer | undefined {
  if (service.runtime !== 'process' || service.build === undefined) return undefined;
  return `build-${createHash('sha256')
    .update(JSON.stringify([service.cwd, service.build]))
    .digest('hex')}`;
}

/** Whether a writer stands for the backends of a service. */
export function areBackends(writer: Writer | undefined): boolean {
  return writer?.startsWith('backends-') === true;
}
