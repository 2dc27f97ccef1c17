import { backendEnvironment } from '../../../builds/make-build.js';
import { createReadEnvFiles, isReadOnce } from '../../../config/env-file.js';
import type { ServiceConfig } from '../../../config/service-config.js';
import type { WarmPool } from '../../../contract/dev-endpoints.js';
import type { Engine } from '../../../docker-engine/engine.js';
import { noteHandled } from '../../../os/debug/debug-log.js';
import { commandEnvironment } from '../../../processes/command-environment.js';
import type { ServerRecord } from '../../../records/server-records.js';
import { findSharingObstacle } from '../../../runtime/docker/shared-folders.js';
import { readNodeCommand } from '../../../runtime/process/node-command.js';
import { DEFAULT_WARM } from '../../../runtime/runtime.js';
import type { ApiClient } from '../../client/api-client.js';
import { greetServer } from '../../client/greet-server.js';
import { counted } from '../../terminal/counted.js';
import { type Finding, fine } from './finding.js';

/** The starts that a running dev server has prepared, by service. */
export type StartedAhead = Awaited<ReturnType<typeof readStartedAhead>>;

/**
 * Reports for each service whether its backends are started warm, the reason if they are not, and how many starts are
 * ready.
 * @param engine undefined if no engine answers, or none is needed
 * @param started undefined if no dev server is running, or it does not answer
 */
export async function describeWarmStarts(
  services: readonly ServiceConfig[],
  engine: Engine | undefined,
  started: StartedAhead,
): Promise<Finding[]> {
  return Promise.all(
    services.map(async (service) => {
      const text = await describeService(service, engine);
      const ready = started === undefined ? '' : describeReady(service.name, started);
      return fine('warm starts', `${services.length > 1 ? `${service.name}: ` : ''}${text}${ready}`);
    }),
  );
}

/** Queries a project's dev servers until one answers. Never rejects. */
export async function readStartedAhead(
  running: readonly ServerRecord[],
  timeoutMs: number,
): Promise<Pick<Awaited<ReturnType<ApiClient['listing']>>, 'pools' | 'starts'> | undefined> {
  for (const record of running) {
    try {
      const client = await greetServer({ apiUrl: record.apiUrl, record }, AbortSignal.timeout(timeoutMs), timeoutMs);
      return await client.listing();
    } catch (error) {
      // The failure has a separate finding.
      noteHandled('cli', 'asking a dev server what it has started ahead of time', error);
    }
  }
  return undefined;
}

function describeReady(service: string, { pools, starts }: NonNullable<StartedAhead>): string {
  const find = (list: readonly WarmPool[]) => list.find((each) => each.service === service && each.size > 0);
  const [pool, start] = [find(pools), find(starts)];
  const parts = [
    ...(pool === undefined ? [] : [`${pool.warm} of ${pool.size} in the pool`]),
    ...(start === undefined ? [] : [`${start.warm} of ${start.size} warm`]),
  ];
  return `\nready now: ${parts.length === 0 ? 'nothing' : parts.join(', ')}`;
}

async function describeService(configured: ServiceConfig, engine: Engine | undefined): Promise<string> {
  // The dev server uses the same fallback without an engine.
  const fallback = configured.runtime === 'docker' && engine === undefined ? configured.fallback : undefined;
  const service = fallback ?? configured;
  const { warm = DEFAULT_WARM, warmPool } = service;
  const pool = warmPool > 0 ? `a warm pool of ${warmPool}` : undefined;
  const none = pool === undefined ? 'none' : `${pool}; no warm starts`;
  if (warm === 0) return `${none} ("warm" is 0)`;
  const why = service.runtime === 'process' ? await whyNotProcess(service) : whyNotContainer(engine);
  if (why !== undefined) return `${none}: ${why}`;
  const what = service.runtime === 'process' ? counted(warm, 'process', 'processes') : counted(warm, 'container');
  const image = service.runtime === 'docker' && service.warm === undefined ? ', if the image starts with Node.js' : '';
  return `${pool === undefined ? '' : `${pool}, and `}${what} ahead of time${image}`;
}

function whyNotContainer(engine: Engine | undefined): string | undefined {
  if (engine === undefined) return 'no Docker Engine answers.';
  return findSharingObstacle(engine)?.concat('.');
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
