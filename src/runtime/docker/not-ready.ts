import { readFile } from 'node:fs/promises';
import { createDemuxer } from '../../docker-engine/attached-output.js';
import { type Engine, QUICK_REQUEST_MS } from '../../docker-engine/engine.js';
import { ignoreError } from '../../os/debug/debug-log.js';
import { parseProcNet } from '../../processes/listening-ports.js';
import { describeStrangeAnswer, type StrangeAnswer } from '../strange-answer.js';
import type { ContainerInspection } from './container-end.js';

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
/** 127.0.0.11, at which Docker itself resolves names in user-defined networks. */
const DOCKER_RESOLVER = /:\s+0B00007F:/;

/**
 * Explains why a running backend does not answer, from the ports on which it listens.
 * @param port the port on which it has to listen inside the container
 * @param answer the last unexpected answer; Docker itself answers for a container without a listener
 * @returns undefined if the ports don't explain it
 */
export async function explainNotReady(
  engine: Engine,
  id: string,
  port: number,
  answer?: StrangeAnswer,
): Promise<string | undefined> {
  const tables = await readTables(engine, id);
  const listening = tables.flatMap((table) => parseProcNet(withoutResolver(table)));
  if (listening.some((each) => each.port === port && !each.loopback)) {
    return answer === undefined ? explainUnreached(engine) : describeStrangeAnswer(answer);
  }
  const must = `It must listen on 0.0.0.0:${port}.`;
  if (listening.some((each) => each.port === port)) {
    return `It listens on 127.0.0.1:${port} inside its container, where nothing outside can reach it. ${must}`;
  }
  const others = [...new Set(listening.map((each) => each.port))];
  if (others.length === 0) return undefined;
  return `It listens on port ${others.join(', ')} inside its container. ${must} PORT is set to ${port}.`;
}

/** Explains why no connection succeeds although the backend is listening: something between the machines blocks it. */
function explainUnreached({ endpoint: { remote } }: Engine): string | undefined {
  if (remote === undefined) return undefined;
  return `It listens on its port, but this machine can't connect to ${remote.reachAt}, where the engine publishes it. Allow that in the firewall, or set "remote.address" in the config.`;
}

/**
 * Reads the socket tables inside the container. If the image has no `cat`, they are read from outside, if this machine
 * allows it.
 */
async function readTables(engine: Engine, id: string): Promise<string[]> {
  // A container without IPv6 has only the first table, so the exit code is ignored.
  const printed = await printIn(engine, id, ['cat', ...TABLES]).catch(
    ignoreError('docker', 'running cat in a container', ''),
  );
  if (printed.includes('local_address')) return printed.split(/^(?=\s*sl\s)/m);
  // Process ids of another kernel belong to other processes here.
  if (!engine.sharesKernel) return [];
  const path = `/containers/${id}/json`;
  const inspected = await engine
    .request<ContainerInspection>('GET', path)
    .catch(ignoreError('docker', 'inspecting a container'));
  const pid = inspected?.State.Pid ?? 0;
  if (pid <= 0) return [];
  const root = `/proc/${pid}`;
  return Promise.all(
    TABLES.map((table) =>
      readFile(table.replace('/proc', root), 'utf8').catch(
        ignoreError('docker', 'reading the ports of a container', ''),
      ),
    ),
  );
}

/** Runs a command in a container. @returns the command's output */
async function printIn(engine: Engine, id: string, command: readonly string[]): Promise<string> {
  const body = { AttachStdout: true, Cmd: command };
  const { Id } = await engine.request<{ Id: string }>('POST', `/containers/${id}/exec`, { body });
  const signal = AbortSignal.timeout(QUICK_REQUEST_MS);
  const stream = await engine.stream('POST', `/exec/${Id}/start`, { body: { Detach: false }, hijack: true, signal });
  const chunks: Buffer[] = [];
  const take = createDemuxer((_source, chunk) => chunks.push(chunk));
  for await (const chunk of stream) take(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function withoutResolver(table: string): string {
  return table
    .split('\n')
    .filter((line) => !DOCKER_RESOLVER.test(line))
    .join('\n');
}
