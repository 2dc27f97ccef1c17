import type { RegistrySettings, ServeConfig } from '../config/serve-config.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { systemClock } from '../os/clock.js';
import { ControllerClient } from '../plane/controller-client.js';
import { DroneEngines } from '../plane/drone-engines.js';
import { resolveDigest } from '../plane/image-digests.js';
import { OwnRegistry } from '../registry/own-registry.js';
import { readSigningKey } from '../registry/signing-key.js';
import { hasTokens } from '../store/api-tokens.js';
import { openStore } from '../store/open-store.js';
import { readCertificate } from './certificate.js';
import { exposedAt } from './exposure.js';
import { checkDrones } from './readiness.js';
import { serveErrors } from './serve-errors.js';

/** The result of checking one part. */
export interface Finding {
  what: string;
  /** What is wrong and what to do; undefined if nothing is wrong. */
  problem: string | undefined;
}

/** Checks every part that `jamdev serve` needs. Never rejects. */
export async function checkServe(config: ServeConfig): Promise<Finding[]> {
  const controller = new ControllerClient(config.controller);
  const engines = new DroneEngines(config.drones, systemClock);
  const findings = [
    await tried('database', () => checkDatabase(config)),
    await tried(`controller ${config.controller}`, async () => void (await controller.clusterState(config.cluster))),
    await tried(`drones of ${config.cluster}`, () => checkDrones(controller, config)),
  ];
  const { tls } = config;
  if (tls !== undefined) findings.push(await tried('certificate', async () => void (await readCertificate(tls))));
  const tryEngine = (name: string) => tried(`engine of drone ${name}`, async () => void (await engines.engineOf(name)));
  findings.push(...(await Promise.all(engines.names.map(tryEngine))));
  engines.close();
  const { registry } = config;
  if (registry !== undefined)
    findings.push(await tried(`registry ${registry.url}`, () => registryOf(registry).check()));
  for (const service of config.services) {
    findings.push(await tried(`image of service ${service.name}`, () => checkImage(service, config)));
  }
  return findings;
}

function registryOf({ url, key }: RegistrySettings): OwnRegistry {
  return new OwnRegistry(url, readSigningKey(key), () => new Date());
}

/** Checks that a service's image can be resolved. A service without an image may get one later by a push. */
async function checkImage(
  { name, image, pullPolicy }: ServeConfig['services'][number],
  config: ServeConfig,
): Promise<void> {
  const { registry } = config;
  if (image === undefined) {
    if (registry === undefined) throw serveErrors.imageMissing(name);
    return;
  }
  if (pullPolicy !== 'Never') await resolveDigest(image, registry && registryOf(registry));
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
