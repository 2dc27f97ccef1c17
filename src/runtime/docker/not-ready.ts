import { readFile } from 'node:fs/promises';
import { parseProcNet } from '../../processes/listening-ports.js';
import { describeStrangeAnswer, type StrangeAnswer } from '../strange-answer.js';
import { runDocker } from './docker-cli.js';

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
/** 127.0.0.11, on which Docker itself answers for names in networks of the user's. */
const DOCKER_RESOLVER = /:\s+0B00007F:/;

/**
 * Why a backend that runs does not answer, as far as the ports it listens on tell.
 * @param port the one it has to listen on inside
 * @param answer what came back last in place of an answer in HTTP; Docker itself answers for a container in which
 *   nothing listens
 * @returns undefined when they don't tell
 */
export async function explainNotReady(name: string, port: number, answer?: StrangeAnswer): Promise<string | undefined> {
  const tables = await readTables(name);
  const listening = tables.flatMap((table) => parseProcNet(withoutResolver(table)));
  if (listening.some((each) => each.port === port && !each.loopback)) return answer && describeStrangeAnswer(answer);
  const must = `It must listen on 0.0.0.0:${port}.`;
  if (listening.some((each) => each.port === port)) {
    return `It listens on 127.0.0.1:${port} inside its container, where nothing outside can reach it. ${must}`;
  }
  const others = [...new Set(listening.map((each) => each.port))];
  if (others.length === 0) return undefined;
  return `It listens on port ${others.join(', ')} inside its container. ${must} PORT is set to ${port}.`;
}

/** Asked inside the container; an image without `cat` is looked into from outside, where this machine allows it. */
async function readTables(name: string): Promise<string[]> {
  // A container without IPv6 has only the first: the exit code does not matter.
  const { stdout } = await runDocker(['exec', name, 'cat', ...TABLES]).catch(() => ({ stdout: '' }));
  if (stdout.includes('local_address')) return stdout.split(/^(?=\s*sl\s)/m);
  const inspected = await runDocker(['inspect', '--format', '{{.State.Pid}}', name]).catch(() => undefined);
  const pid = Number(inspected?.stdout);
  if (!(pid > 0)) return [];
  const root = `/proc/${pid}`;
  return Promise.all(TABLES.map((table) => readFile(table.replace('/proc', root), 'utf8').catch(() => '')));
}

function withoutResolver(table: string): string {
  return table
    .split('\n')
    .filter((line) => !DOCKER_RESOLVER.test(line))
    .join('\n');
}
