import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import type { DroneEndpoint, TlsFiles } from '../config/drone-endpoint.js';
import { clusterErrors } from '../contract/errors/cluster-errors.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import type { EngineTls } from '../docker-engine/docker-context.js';
import { openEndpoint } from '../docker-engine/endpoint.js';
import { Engine, QUICK_REQUEST_MS } from '../docker-engine/engine.js';
import { EngineError } from '../docker-engine/engine-error.js';
import { errorCode } from '../os/error-code.js';

/** A restricted proxy in front of an engine has to allow listing containers anyway, unlike `_ping` and `version`. */
const PROBE = { path: '/containers/json', query: { limit: 1, filters: '{"label":["dev.plane.backend"]}' } };

const containersSchema = z.array(z.object({}));

/**
 * Connects to the engine of a drone, and checks that it answers. The caller must close it.
 * @throws JamdevError `EngineUnavailable`
 */
export async function openDroneEngine(drone: string, endpoint: DroneEndpoint): Promise<Engine> {
  try {
    return await open(endpoint);
  } catch (error) {
    throw explain(drone, endpoint, error);
  }
}

export function isBehindSsh(endpoint: DroneEndpoint): boolean {
  return urlOf(endpoint).startsWith('ssh://');
}

function urlOf(endpoint: DroneEndpoint): string {
  return typeof endpoint === 'string' ? endpoint : endpoint.url;
}

async function open(endpoint: DroneEndpoint): Promise<Engine> {
  const files = typeof endpoint === 'string' ? false : endpoint.tls;
  const tls = files === false ? undefined : await readTls(files);
  const engine = new Engine(await openEndpoint({ url: urlOf(endpoint), tls, environment: {} }), PROBE);
  try {
    const answer = await engine.request('GET', PROBE.path, { query: PROBE.query, timeoutMs: QUICK_REQUEST_MS });
    if (!containersSchema.safeParse(answer).success) throw new Error(`${urlOf(endpoint)} is not a Docker Engine`);
  } catch (error) {
    engine.close();
    throw error;
  }
  engine.link?.open();
  return engine;
}

async function readTls(files: TlsFiles): Promise<EngineTls> {
  const tls: NonNullable<EngineTls> = { rejectUnauthorized: true };
  for (const name of ['ca', 'cert', 'key'] as const) {
    const path = files[name];
    if (path === undefined) continue;
    try {
      tls[name] = await readFile(path);
    } catch (error) {
      throw new Error(`the file ${path} of "tls.${name}" can't be read (${errorCode(error)})`, { cause: error });
    }
  }
  // Checked here because errors of the first connection would not mention the files.
  try {
    createSecureContext(tls);
  } catch (error) {
    throw new Error(`the files of "tls" can't be used (${(error as Error).message})`, { cause: error });
  }
  return tls;
}

function explain(drone: string, endpoint: DroneEndpoint, error: unknown): JamdevError {
  const { message } = error as Error;
  if (error instanceof EngineError) {
    const detail = `it refuses to list containers: ${message} (status ${error.status})`;
    return clusterErrors.engineUnavailable(drone, `${detail}.`);
  }
  // Most remedies are written for users of a dev server; only those of SSH apply here.
  const remedy = error instanceof JamdevError && isBehindSsh(endpoint) ? error.remedy : undefined;
  return clusterErrors.engineUnavailable(drone, message.replace(/\.?$/, '.'), remedy);
}
