import type { DevConfig } from '../config/resolve.js';
import { pidNamespace } from '../processes/pid-namespace.js';
import { findProcess } from '../processes/process-table.js';
import { createRunMarker } from '../processes/run-marker.js';
import type { RunIdentity } from '../records/run-register.js';
import { usesDocker } from './docker-parts.js';

/** Makes the identity of this run of a dev server, for its record. */
export async function identifyRun(config: DevConfig, runId: string): Promise<RunIdentity> {
  return {
    runId,
    marker: createRunMarker(),
    pid: process.pid,
    namespace: pidNamespace(),
    startId: (await findProcess(process.pid))?.startId ?? '',
    project: config.project,
    startedAt: new Date().toISOString(),
    containers: usesDocker(config),
  };
}
