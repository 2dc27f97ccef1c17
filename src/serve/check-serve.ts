import type { ServeConfig } from '../config/serve-config.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { systemClock } from '../os/clock.js';
import { ControllerClient } from '../plane/controller-client.js';
import { DroneEngines } from '../plane/drone-engines.js';
import { hasTokens } from '../store/api-tokens.js';
import { openStore } from '../store/open-store.js';
import { exposedAt } from './exposure.js';
import { checkDrones } from './readiness.js';
import { serveErrors } from './serve-errors.js';

/** A part that was tried. */
export interface Finding {
  what: string;
  /** What is wrong, and what to do; undefined: nothing. */
  problem: string | undefined;
}

/** Tries every part that `jamdev serve` needs. Never rejects. */
export async function checkServe(config: ServeConfig): Promise<Finding[]> {
  const controller = new ControllerClient(config.controller);
  const engines = new DroneEngines(config.drones, systemClock);
  const findings = [
    await tried('database', () => checkDatabase(config)),
    await tried(`controller ${config.controller}`, async () => void (await controller.clusterState(config.cluster))),
    await tried(`drones of ${config.cluster}`, () => checkDrones(controller, config)),
  ];
  const tryEngine = (name: string) => tried(`engine of drone ${name}`, async () => void (await engines.engineOf(name)));
  findings.push(...(await Promise.all(engines.names.map(tryEngine))));
  engines.close();
  for (const { name, image } of config.services) {
    const problem = image === undefined ? serveErrors.imageMissing(name).sentence : undefined;
    findings.push({ what: `image of service ${name}`, problem });
  }
  return findings;
}

async function checkDatabase(config: ServeConfig): Promise<void> {
  const { store, close } = await openStore(config.database);
  try {
    const exposed = exposedAt(config);
    if (exposed !== undefined && !(await hasTokens(store))) throw serveErrors.tokenNeeded(exposed);
  } finally {
    await close();
  }
}

async function tried(what: string, attempt: () => Promise<void>): Promise<Finding> {
  try {
    await attempt();
    return { what, problem: undefined };
  } catch (error) {
    return { what, problem: error instanceof JamdevError ? error.sentence : String(error) };
  }
}
