import type { Request, Router } from 'express';
import { DEV_PREFIX, type DevBackend } from '../contract/dev-endpoints.js';
import { problem } from '../contract/errors.js';
import { findLog, type StoredLog } from '../logs/log-store.js';
import type { Backend } from '../platform/backend.js';
import { toPublicStatus } from '../platform/status-formats.js';
import type { ApiContext } from './context.js';
import { sendJson } from './json.js';
import { streamRecords } from './log-streams.js';

/** jamdev's own endpoints, for its command line: what the platform's API has no place for. */
export function addDevEndpoints(router: Router, context: ApiContext): void {
  const { platform, builder, logs, info } = context;

  router.get(`${DEV_PREFIX}/info`, (_request, response) => sendJson(response, info()));

  router.get(`${DEV_PREFIX}/backends`, async (_request, response) => {
    const { backends } = platform;
    await Promise.all(backends.map((backend) => backend.usage.readSoon()));
    sendJson(response, { backends: backends.map(toDevBackend) });
  });

  router.post(`${DEV_PREFIX}/build`, async (_request, response) => {
    sendJson(response, { builds: await builder.buildAll('jamdev build') });
  });

  // ?backend=ID or key (else: all of this dev server) &tail=N &follow=false
  router.get(`${DEV_PREFIX}/logs`, async (request, response) => {
    const backend = textOf(request, 'backend');
    const follow = textOf(request, 'follow') !== 'false';
    const tail = tailOf(request);
    const one = backend === undefined ? undefined : findLog(logs.list(), backend);
    if (backend !== undefined && one === undefined) throw problem.noLogs(backend);
    await streamRecords(response, context, {
      follow,
      tail,
      list: (): StoredLog[] => (one === undefined ? [...logs.created] : [one]),
      mayGrow: () => one === undefined || logs.isOpen(one.owner.backendId),
    });
  });
}

function toDevBackend(backend: Backend): DevBackend {
  return {
    id: backend.id,
    service: backend.identity.service.name,
    key: backend.identity.key,
    created_at: backend.createdAt.toISOString(),
    status: toPublicStatus(backend.state),
    connections: backend.connections,
    memory: backend.usage.latest?.memoryBytes ?? null,
    cpu: backend.usage.cpuShare ?? null,
  };
}

function textOf(request: Request, name: string): string | undefined {
  const value = request.query[name];
  return typeof value === 'string' ? value : undefined;
}

function tailOf(request: Request): number | undefined {
  const text = textOf(request, 'tail');
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw problem.invalidField('tail', `must be a whole number, not "${text}"`);
  return Number(text);
}
