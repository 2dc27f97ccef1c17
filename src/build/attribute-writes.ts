import type { Clock } from '../os/clock.js';
import type { Backend } from '../platform/backend.js';
import type { Platform } from '../platform/platform.js';
import type { ChangeOrigins, OpenSpan } from './change-origins.js';

/** A backend has created its files when it is ready, or a moment later. */
const SETTLE_MS = 500;

/**
 * Attributes files that a service's backends write while they start, are replaced and end to them: data that a
 * backend keeps next to its code would start builds that replace it, which makes it write again.
 */
export function attributeWrites(platform: Platform, definition: string, origins: ChangeOrigins, clock: Clock): void {
  platform.events.on('backend', (backend) => {
    if (backend.identity.service.definition === definition) follow(backend, origins, clock);
  });
}

function follow(backend: Backend, origins: ChangeOrigins, clock: Clock): void {
  let open: OpenSpan | undefined;
  const begin = () => {
    open ??= origins.begin('backend');
  };
  const finish = () => {
    const span = open;
    open = undefined;
    if (span !== undefined) clock.after(SETTLE_MS, () => span.end());
  };
  backend.events.on('state', ({ status }) => {
    if (status === 'starting' || status === 'terminating' || status === 'hard-terminating') begin();
  });
  backend.events.on('restarting', begin);
  backend.events.on('address', (address) => {
    if (address !== undefined) finish();
  });
  void backend.gone.then(finish);
}
