import type { OnChange } from '../contract/wire-types.js';
import type { Backend } from '../platform/backend.js';
import { replacedBy } from '../platform/generation-chain.js';
import type { Platform } from '../platform/platform.js';
import type { Build } from '../runtime/runtime.js';

/** The running backends of a service's definition that run code older than a build, and not an image of their choice. */
export function backendsOlderThan(platform: Platform, definition: string, build: Build): Backend[] {
  return platform.running.filter(
    ({ identity, build: its }) =>
      identity.service.definition === definition &&
      identity.image === undefined &&
      (its ?? build).number < build.number,
  );
}

/**
 * Brings a new good build to backends that run older code, as the service's `onChange` says.
 * @param why why it was built: "changed: server.js"
 */
export function rollOut(backends: readonly Backend[], onChange: OnChange, build: Build, why: string): void {
  for (const backend of backends) {
    if (onChange === 'restart') backend.restart(build, why);
    else if (onChange === 'terminate') backend.terminate('external', false, replacedBy(build, why));
  }
}

/** Resolves when every backend of a service's definition that runs now has started, or has ended. Never rejects. */
export async function untilReachable(platform: Platform, definition: string): Promise<void> {
  const backends = platform.running.filter(({ identity }) => identity.service.definition === definition);
  const { signal } = new AbortController();
  await Promise.all(backends.map((backend) => Promise.race([backend.reachable(signal), backend.gone])));
}
