import { json, jsonLines } from '../api/answer.js';
import type { ApiInfo } from '../api/context.js';
import { type Endpoint, get } from '../api/endpoint.js';
import { abortOnHangUp } from '../api/hang-up.js';
import { streamJsonLines } from '../api/log-streams.js';
import {
  type DevBackend,
  devBackendsQuerySchema,
  devBackendsSchema,
  logRecordSchema,
  logsQuerySchema,
  serveInfoSchema,
} from '../contract/dev-endpoints.js';
import { DEV_PREFIX, servePrefix } from '../contract/dev-prefix.js';
import { requestErrors } from '../contract/errors/request-errors.js';
import { toHistory } from '../plane/history.js';
import type { BackendState } from '../platform/backend-state.js';
import { toPublicStatus } from '../platform/status-formats.js';
import { type BackendRow, listLive } from '../store/backends.js';
import { listRecent } from '../store/recent-backends.js';
import { type CommandLogs, findNamed, openRecords } from './command-logs.js';

const PREFIX = servePrefix(':account') as `${typeof DEV_PREFIX}/account/:account`;

/**
 * Declares jamdev's own endpoints for its command line: the counterparts of a dev server's endpoints, limited to an
 * account.
 */
export function commandEndpoints(sources: CommandLogs, info: () => ApiInfo): Endpoint[] {
  const { store, controlPlane } = sources;
  return [
    get(`${DEV_PREFIX}/info`, {
      summary: 'Identifies jamdev serve',
      scope: 'public',
      answer: json(serveInfoSchema),
      handle: () => ({ kind: 'serve' as const, version: info().version, cluster: controlPlane.cluster }),
    }),

    get(`${PREFIX}/backends`, {
      summary: 'Lists running backends, and on request the newest 1,000 ended ones; oldest first',
      query: devBackendsQuerySchema,
      answer: json(devBackendsSchema),
      handle: async ({ account: { name: account }, query: { earlier } }) => {
        const rows = earlier === 'true' ? await listRecent(store, account) : await listLive(store, { account });
        return { backends: rows.map(toDevBackend) };
      },
    }),

    get(`${PREFIX}/logs`, {
      summary: 'The output of one backend so far, then live until it has ended, and how it ended',
      query: logsQuerySchema.pick({ backend: true, tail: true, follow: true }),
      answer: jsonLines(logRecordSchema),
      errors: ['BackendNotFound'],
      handle: async ({ account, query: { backend, tail, follow }, response }) => {
        if (backend === undefined) throw requestErrors.invalidField('backend', 'must name one backend');
        const row = await findNamed(store, account.name, backend);
        const closed = abortOnHangUp(response);
        const records = await openRecords(sources, row, { tail, follow: follow !== 'false' }, closed);
        await streamJsonLines(response, records, closed);
      },
    }),
  ];
}

function toDevBackend(row: BackendRow): DevBackend {
  return {
    id: row.id,
    service: row.service,
    key: row.key,
    key_given: row.keyGiven,
    created_at: row.createdAt.toISOString(),
    status: toPublicStatus(toHistory(row).at(-1) as BackendState),
    // Connections are known only to Plane's proxies, and memory usage only to the drones' engines.
    ...{ explanation: null, connections: null, memory: null, cpu: null },
  };
}
