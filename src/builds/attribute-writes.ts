import type { Backend } from '../platform/backend.js';
import type { Platform } from '../platform/platform.js';
import type { BackendEvidence } from './backend-evidence.js';
import type { ChangeOrigins, OpenSpan } from './change-origins.js';

/**
 * Attributes files that a service's backends write while they start, are replaced and end to them: data that a
 * backend keeps next to its code would start builds that replace it, which makes it write again. A backend that answers
 * has started: from then on a person sees the new code, and may save again. What it wrote until then is noted at once.
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
