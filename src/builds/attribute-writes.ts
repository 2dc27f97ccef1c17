import type { Backend } from '../platform/backend.js';
import type { Platform } from '../platform/platform.js';
import type { BackendEvidence } from './backend-evidence.js';
import type { ChangeOrigins, OpenSpan } from './change-origins.js';

/**
 * Attributes files to a service's backends if they are written while backends start, are replaced or end. Otherwise, data
 * that a backend keeps next to its code would start a build, which replaces the backend, which writes the data again. A
 * backend that responds has started: from then on a person sees the new code and may save again, so the span ends there.
 */
export function attributeWrites(
  platform: Platform,
  definition: string,
  origins: ChangeOrigins,
  evidence: BackendEvidence,
): void {
  platform.events.on('backend', (backend) => {
    if (backend.identity.service.definition !== definition) return;
    follow(backend, origins);
    backend.events.on('address', (address) => {
      if (address !== undefined) evidence.noteStart(definition);
    });
  });
}

function follow(backend: Backend, origins: ChangeOrigins): void {
  let open: OpenSpan | undefined;
  const begin = () => {
    open ??= origins.begin('backend');
  };
  const finish = () => {
    open?.end();
    open = undefined;
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
