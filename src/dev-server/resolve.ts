import { randomUUID } from 'node:crypto';
import type { DevFlags } from '../config/dev-flags.js';
import { type DevConfig, resolveConfig } from '../config/resolve.js';
import type { Engine } from '../docker-engine/engine.js';
import { noteDecision } from '../os/debug/debug-log.js';
import type { LeftoverOutcome } from '../processes/leftovers.js';
import { moveOldState } from '../records/old-state.js';
import { RunRegister } from '../records/run-register.js';
import { createStateFolder, type OwnStateFolder } from '../records/state-folder.js';
import { chooseRuntimes } from './docker-parts.js';
import { cleanUpAfterDeadServers } from './other-servers.js';
import { identifyRun } from './run-identity.js';

/** The settings to run with, and the state folder. */
export interface ResolvedRun {
  flags: DevFlags;
  config: DevConfig;
  folder: OwnStateFolder;
  runId: string;
  /** Not open yet, so that other programs do not see this run. */
  register: RunRegister;
  /** For services in containers; undefined if there are none. */
  engine: Engine | undefined;
  /** See the properties of the same names in {@link DevServer}. */
  remark: string | undefined;
  leftovers: LeftoverOutcome;
  others: readonly string[];
  stateRemarks: readonly string[];
}

/**
 * Determines what to run, and prepares the state folder by cleaning up after dead dev servers (phase 1).
 * @throws JamdevError if there is nothing to run, Docker is missing, or the state folder can't be written
 */
export async function resolveRun(flags: DevFlags): Promise<ResolvedRun> {
  const resolved = await resolveConfig(flags);
  const chosen = await chooseRuntimes(resolved);
  try {
    return await resolveState(flags, { ...resolved, services: chosen.services }, chosen);
  } catch (error) {
    chosen.engine?.close();
    throw error;
  }
}

async function resolveState(
  flags: DevFlags,
  config: DevConfig,
  { remark, engine }: { remark?: string; engine?: Engine },
): Promise<ResolvedRun> {
  noteDecision('config', () => describeConfig(config));
  const folder = createStateFolder(config.project);
  const { others, ...leftovers } = await cleanUpAfterDeadServers(folder, engine);
  // Only after the cleanup, since leftover processes may have used the old state.
  const stateRemarks = [...folder.remarks, ...(await moveOldState(config.project, folder))];
  const runId = randomUUID();
  const register = new RunRegister(folder, await identifyRun(config, runId));
  noteDecision('state', () => {
    const ended = `ended ${leftovers.ended} leftover processes, ${leftovers.remaining.length} remain`;
    return `run ${runId}, state folder ${folder.root}, ${ended}, other dev servers: ${others.join(', ') || 'none'}`;
  });
  return { flags, config, folder, runId, register, engine, remark, leftovers, others, stateRemarks };
}

/** Describes the config without variables, whose values may be secret. */
function describeConfig({ project, configFile, services }: DevConfig): string {
  const parts = services.map(({ name, runtime, foundIn, watch, onChange, envFiles }) => {
    const read = envFiles.map(({ path }) => path).join(', ') || 'none';
    const watched = watch.join(', ') || 'nothing';
    return `service ${name}: ${runtime} from ${foundIn}, watches ${watched}, on change ${onChange}, env files ${read}`;
  });
  return [`project ${project}, config file ${configFile ?? 'none'}`, ...parts].join('\n');
}
