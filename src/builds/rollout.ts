import type { OnChange } from '../contract/wire-types.js';
import type { Backend } from '../platform/backend.js';
import { replacedBy } from '../platform/generation-chain.js';
import type { Platform } from '../platform/platform.js';
import type { Build } from '../runtime/runtime.js';

/**
 * Returns the running backends of a service's definition that run older code than a build, except those with an explicitly
 * chosen image.
 */
export function backendsOlderThan(platform: Platform, definition: string, build: Build): Backend[] {
  return platform.running.filter(
    ({ identity, build: its }) =>
      identity.service.definition === definition &&
      identity.image === undefined &&
      (its ?? build).number < build.number,
  );
}

/**
 * Rolls a new good build out to backends that run older code, according to the service's `onChange`.
 * @param why the reason for the build, such as "changed: server.js"
 */
export function rollOut(backends: readonly Backend[], onChange: OnChange, build: Build, why: string): void {
  for (const backend of backends) {
    if (onChange === 'restart') backend.restart(build, why);
    else if (onChange === 'terminate') backend.terminate('external', false, replacedBy(build, why));
  }
}

/** Resolves when every currently running backend of a service's definition has started or exited. Never rejects. */
export async function untilReachable(platform: Platform, definition: string): Promise<void> {
  const backends = platform.running.filter(({ identity }) => identity.service.definition === definition);
  const { signal } = new AbortController();
  await Promise.all(backends.map((backend) => Promise.race([backend.reachable(signal), backend.gone])));
}
