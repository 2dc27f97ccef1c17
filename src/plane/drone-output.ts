import type { Engine } from '../docker-engine/engine.js';
import { isNotFound } from '../docker-engine/engine-error.js';
import { LineSplitter } from '../logs/line-splitter.js';
import type { UsageInterval } from '../platform/usage-gauge.js';
import { parseStats } from '../runtime/docker/container-usage.js';
import { containerName } from './drone-engines.js';
import { encodeLine } from './kept-lines.js';
import { readTimedLines, type TimedLine } from './timed-lines.js';

/** Selects lines of a container's output. */
export interface LinesQuery {
  /** Whether to continue with live lines until the container has ended. */
  follow: boolean;
  /** How many of the last lines to read; undefined for all. */
  tail?: number | undefined;
}

/**
 * Yields the lines that a container has printed so far and, if requested, live ones.
 * @throws EngineError with status 404 if the container does not exist (anymore)
 */
export async function openLines(
  engine: Engine,
  backendId: string,
  { follow, tail }: LinesQuery,
  signal: AbortSignal,
): Promise<AsyncIterable<TimedLine>> {
  const query = {
    stdout: true,
    stderr: true,
    timestamps: true,
    follow,
    tail: tail === undefined ? 'all' : String(tail),
  };
  const path = `/containers/${containerName(backendId)}/logs`;
  return readTimedLines(await engine.stream('GET', path, { query, signal }));
}

/**
 * Reads the last lines of a container's output, up to a number of bytes. The container may have ended. @throws like
 * {@link openLines}
 */
export async function readLastOutput(
  engine: Engine,
  backendId: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<{ content: Buffer; isCut: boolean }> {
  const lines: Buffer[] = [];
  let bytes = 0;
  let isCut = false;
  // A line has at least one byte, so more lines than bytes are never needed.
  for await (const line of await openLines(engine, backendId, { follow: false, tail: maxBytes }, signal)) {
    const encoded = encodeLine(line);
    lines.push(encoded);
    bytes += encoded.length;
    while (bytes > maxBytes) {
      bytes -= lines.shift()?.length ?? 0;
      isCut = true;
    }
  }
  return { content: Buffer.concat(lines), isCut };
}

/**
 * Yields about every second what a container has used in the meantime, until it has ended. @throws like
 * {@link openLines}
 */
export async function openUsage(
  engine: Engine,
  backendId: string,
  signal: AbortSignal,
): Promise<AsyncIterable<UsageInterval>> {
  const query = { stream: true };
  const path = `/containers/${containerName(backendId)}`;
  return readUsage(await engine.stream('GET', `${path}/stats`, { query, signal }), () => hasEnded(engine, path));
}

/** Whether a container has ended. The engine reports zeros both after the end and before the start. */
async function hasEnded(engine: Engine, path: string): Promise<boolean> {
  try {
    const { State } = await engine.request<{ State: { Status: string } }>('GET', `${path}/json`);
    return ['exited', 'dead', 'removing'].includes(State.Status);
  } catch (error) {
    if (isNotFound(error)) return true;
    throw error;
  }
}

async function* readUsage(
  stream: AsyncIterable<Buffer>,
  isOver: () => Promise<boolean>,
): AsyncGenerator<UsageInterval, void> {
  const splitter = new LineSplitter();
  let before: UsageInterval['usage'] | undefined;
  for await (const chunk of stream) {
    for (const line of splitter.push(chunk)) {
      const usage = parseStats(JSON.parse(line.toString('utf8')));
      if (usage === undefined) {
        if (await isOver()) return;
        continue;
      }
      const systemCpuMs = before === undefined ? 0 : usage.systemCpuMs - before.systemCpuMs;
      if (before !== undefined && systemCpuMs > 0) {
        yield { usage, cpuMs: Math.max(0, usage.cpuMs - before.cpuMs), systemCpuMs };
      }
      before = usage;
    }
  }
}
