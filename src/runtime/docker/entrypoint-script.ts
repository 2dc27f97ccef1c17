import type { Engine } from '../../docker-engine/engine.js';
import { type ContainerSpec, containerConfig } from './container-config.js';
import { removeContainer } from './lost-containers.js';

const PATH = '/usr/local/bin/docker-entrypoint.sh';
/** Of a tar archive: the header of a file, and where in it its length is (POSIX.1-1988). */
const HEADER_BYTES = 512;
const LENGTH_AT = 124;
const LENGTH_BYTES = 12;

/**
 * Reads the script that images of Node.js start with, out of a container that never starts.
 * @param spec of the container
 * @returns its text
 * @throws EngineError, JamdevError; also when there is none
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
