import { createDemuxer } from '../docker-engine/attached-output.js';
import type { Engine } from '../docker-engine/engine.js';
import { LineSplitter } from '../logs/line-splitter.js';
import type { UsageInterval } from '../platform/usage-gauge.js';
import { parseStats } from '../runtime/docker/container-usage.js';
import { containerName } from './drone-engines.js';

/**
 * Yields the lines that a container printed so far, then the live ones, until it has ended.
 * @throws EngineError with status 404 where there is no such container (anymore)
 */
export async function openLines(
  engine: Engine,
  backendId: string,
  signal: AbortSignal,
): Promise<AsyncIterable<string>> {
  const query = { stdout: true, stderr: true, follow: true };
  const stream = await engine.stream('GET', `/containers/${containerName(backendId)}/logs`, { query, signal });
  return readLines(stream);
}

async function* readLines(stream: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
  const splitters = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  const lines: Buffer[] = [];
  const demux = createDemuxer((source, chunk) => lines.push(...splitters[source].push(chunk)));
  for await (const chunk of stream) {
    demux(chunk);
    for (const line of lines.splice(0)) yield line.toString('utf8');
  }
  for (const splitter of Object.values(splitters)) {
    const last = splitter.flush();
    if (last !== undefined) yield last.toString('utf8');
  }
}

/** Reads the last lines that a container printed, about as many bytes; of one that has ended, too. @throws as {@link openLines} */
export async function readLastOutput(
  engine: Engine,
  backendId: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<{ content: Buffer; isCut: boolean }> {
  // A line has one byte at least, so that these are all lines that can be needed.
  const query = { stdout: true, stderr: true, tail: String(maxBytes) };
  const stream = await engine.stream('GET', `/containers/${containerName(backendId)}/logs`, { query, signal });
  const lines: Buffer[] = [];
  let bytes = 0;
  let isCut = false;
  for await (const line of readLines(stream)) {
    const encoded = Buffer.from(`${line}\n`);
    lines.push(encoded);
    bytes += encoded.length;
    while (bytes > maxBytes) {
      bytes -= lines.shift()?.length ?? 0;
      isCut = true;
    }
  }
  return { content: Buffer.concat(lines), isCut };
}

/** Yields about every second what a container used since, until it has ended. @throws as {@link openLines} */
export async function openUsage(
  engine: Engine,
  backendId: string,
  signal: AbortSignal,
): Promise<AsyncIterable<UsageInterval>> {
  const query = { stream: true };
  return readUsage(await engine.stream('GET', `/containers/${containerName(backendId)}/stats`, { query, signal }));
}

async function* readUsage(stream: AsyncIterable<Buffer>): AsyncGenerator<UsageInterval, void> {
  const splitter = new LineSplitter();
  let before: UsageInterval['usage'] | undefined;
  for await (const chunk of stream) {
    for (const line of splitter.push(chunk)) {
      const usage = parseStats(JSON.parse(line.toString('utf8')));
      if (usage === undefined) {
        // Statistics of zeros only: the container has ended.
        if (before !== undefined) return;
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
