import { pidNamespace } from '../../src/processes/pid-namespace.js';
import { findProcess } from '../../src/processes/process-table.js';
import type { ServerRecord } from '../../src/records/server-records.js';

/** The record of a dev server, by default one that lives in this process. */
export async function recordOf(project: string, more: Partial<ServerRecord> = {}): Promise<ServerRecord> {
  return {
    runId: 'run',
    marker: '0'.repeat(32),
    pid: process.pid,
    startId: (await findProcess(process.pid))?.startId ?? '',
    namespace: pidNamespace(),
    project,
    apiUrl: 'http://localhost:8080',
    proxyUrl: 'http://localhost:9090',
    startedAt: '2026-01-01T00:00:00.000Z',
    containers: false,
    ...more,
  };
}
