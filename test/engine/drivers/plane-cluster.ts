import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../support/project.js';

/** The version to compare with, which `plane.sh` installs. */
export const PLANE_VERSION = '0.5.5';

/** Where `plane.sh` installs it. */
const PLANE_FOLDER = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'jamdev', 'plane');

/** The program that contains all of its parts. */
export const PLANE_PROGRAM = join(PLANE_FOLDER, 'bin', 'plane');

/** Starts and stops clusters. */
export const PLANE_SCRIPT = join(ROOT, 'test', 'engine', 'plane.sh');

/** A running Plane, as printed by `plane.sh start`. */
export interface PlaneCluster {
  controllerUrl: string;
  proxyPort: number;
  cluster: string;
  databaseUrl: string;
  stop(): Promise<void>;
}

/** Whether tests require a Plane, as in CI. */
export const requiresPlane = process.env.JAMDEV_REQUIRE_PLANE === '1';

/** Whether there is a Plane to compare with. It is built only on request, because that takes ten minutes. */
export function hasPlane(): boolean {
  if (requiresPlane || process.env.PLANE_CONTROLLER_URL !== undefined) return true;
  const installed = join(PLANE_FOLDER, '.crates.toml');
  return existsSync(installed) && readFileSync(installed, 'utf8').includes(`"plane ${PLANE_VERSION} `);
}

/** Starts a Plane for this process, or uses the one whose values are in the environment and leaves it running. */
export async function startPlane(): Promise<PlaneCluster> {
  const { PLANE_CONTROLLER_URL } = process.env;
  if (PLANE_CONTROLLER_URL !== undefined) return clusterOf(process.env, async () => undefined);
  // Below the temp folder, where the user of PostgreSQL can reach it.
  const folder = mkdtempSync(join(tmpdir(), 'jamdev-test-plane-'));
  const env = { ...process.env, JAMDEV_PLANE_FOLDER: folder };
  const run = promisify(execFile);
  const { stdout } = await run(PLANE_SCRIPT, ['start', String(process.pid)], { env }).catch((error) => {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`Plane did not start:\n${error.stderr}`, { cause: error });
  });
  const values = Object.fromEntries([...stdout.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
  return clusterOf(values, async () => void (await run(PLANE_SCRIPT, ['stop'], { env })));
}

function clusterOf(values: Record<string, string | undefined>, stop: () => Promise<void>): PlaneCluster {
  const value = (name: string) => {
    const found = values[name];
    if (found === undefined) throw new Error(`plane.sh printed no ${name}`);
    return found;
  };
  return {
    controllerUrl: value('PLANE_CONTROLLER_URL'),
    proxyPort: Number(value('PLANE_PROXY_PORT')),
    cluster: value('PLANE_CLUSTER'),
    databaseUrl: value('PLANE_DATABASE_URL'),
    stop,
  };
}
