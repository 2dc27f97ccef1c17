import type { Engine } from '../../docker-engine/engine.js';
import { type ContainerSpec, containerConfig } from './container-config.js';
import { removeContainer } from './lost-containers.js';

const PATH = '/usr/local/bin/docker-entrypoint.sh';
/** The layout of a file's header in a tar archive (POSIX.1-1988). */
const HEADER_BYTES = 512;
const LENGTH_AT = 124;
const LENGTH_BYTES = 12;

/**
 * Reads the start script of Node.js's official images from a container that is never started.
 * @param spec of the container
 * @returns the script's text
 * @throws EngineError, JamdevError, also if there is no such script
 */
export async function readEntrypoint(engine: Engine, spec: ContainerSpec): Promise<string> {
  const { Id } = await engine.request<{ Id: string }>('POST', '/containers/create', { body: containerConfig(spec) });
  try {
    const signal = AbortSignal.timeout(10_000);
    const stream = await engine.stream('GET', `/containers/${Id}/archive`, { query: { path: PATH }, signal });
    const archive = Buffer.concat(await stream.toArray());
    const length = Number.parseInt(archive.toString('latin1', LENGTH_AT, LENGTH_AT + LENGTH_BYTES), 8);
    return archive.toString('utf8', HEADER_BYTES, HEADER_BYTES + length);
  } finally {
    await removeContainer(engine, Id);
  }
}
