import { backendEnvironment } from '../../../builds/make-build.js';
import { createReadEnvFiles, isReadOnce } from '../../../config/env-file.js';
import type { ServiceConfig } from '../../../config/service-config.js';
import type { Engine } from '../../../docker-engine/engine.js';
import { commandEnvironment } from '../../../processes/command-environment.js';
import { findSharingObstacle } from '../../../runtime/docker/shared-folders.js';
import { readNodeCommand } from '../../../runtime/process/node-command.js';
import { DEFAULT_WARM } from '../../../runtime/runtime.js';
import { counted } from '../../terminal/counted.js';
import { type Finding, fine } from './finding.js';

/**
 * Says of each service whether its backends are started warm, and why not.
 * @param engine undefined: none answers
 */
export async function describeWarmStarts(
  services: readonly ServiceConfig[],
  engine: Engine | undefined,
): Promise<Finding[]> {
  return Promise.all(
    services.map(async (service) => {
      const text = await describeService(service, engine);
      return fine('warm starts', services.length > 1 ? `${service.name}: ${text}` : text);
    }),
  );
}

async function describeService(service: ServiceConfig, engine: Engine | undefined): Promise<string> {
  const { warm = DEFAULT_WARM, warmPool } = service;
  const pool = warmPool > 0 ? `a warm pool of ${warmPool}` : undefined;
  const none = pool === undefined ? 'none' : `${pool}; no warm starts`;
  if (warm === 0) return `${none} ("warm" is 0)`;
  const why =
    service.runtime === 'process' ? await whyNotProcess(service) : engine && findSharingObstacle(engine)?.concat('.');
  if (why !== undefined) return `${none}: ${why}`;
  const what = service.runtime === 'process' ? counted(warm, 'process', 'processes') : counted(warm, 'container');
  const image = service.runtime === 'docker' && service.warm === undefined ? ', if the image starts with Node.js' : '';
  return `${pool === undefined ? '' : `${pool}, and `}${what} ahead of time${image}`;
}

async function whyNotProcess({
  command,
  commandEnv = {},
  cwd,
  env,
  envFiles,
}: ServiceConfig & { runtime: 'process' }): Promise<string | undefined> {
  const files = envFiles.filter((file) => !isReadOnce(file));
  const ofService = await backendEnvironment({ env, envFiles: files }, createReadEnvFiles());
  const read = readNodeCommand(command, cwd, commandEnvironment(cwd, commandEnv, ofService));
  return 'why' in read ? `${read.why}.` : undefined;
}
