import type { ServiceConfig } from '../config/service-config.js';
import type { Platform } from '../platform/platform.js';
import type { Build } from '../runtime/runtime.js';

/**
 * Brings a new good build to the backends that run older code, as the service's `onChange` says.
 * @returns how many backends it concerned
 */
export function rollOut(platform: Platform, { name, onChange }: ServiceConfig, build: Build): number {
  const older = platform.running.filter(
    (backend) => backend.identity.service.definition === name && (backend.buildNumber ?? build.number) < build.number,
  );
  if (onChange === 'keep') return 0;
  for (const backend of older) {
    if (onChange === 'restart') backend.restart(build);
    else backend.terminate('external', false);
  }
  return older.length;
}
