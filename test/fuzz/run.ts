import fc from 'fast-check';
import { ApiSide } from './api-side.js';
import type { Memory } from './dev-process.js';
import { ProxySide } from './proxy-side.js';
import type { FuzzSide } from './side.js';

/** The average number of concurrent requests. */
const BATCH_SIZE = 48;
/** The number of parts of a run after which memory is measured. */
const PARTS = 4;
/** The time limit for shrinking a failure. */
const SHRINK_MS = 30_000;

export type SideName = keyof typeof SIDES;

const SIDES = { api: ApiSide, proxy: ProxySide };
export const SIDE_NAMES = Object.keys(SIDES) as SideName[];

export interface FuzzOptions {
  side: SideName;
  requests: number;
  seed: number;
  /** The position of a failure in the run of a seed, as reported. */
  path: string | undefined;
  /** The repository's root. */
  root: string;
  log: (line: string) => void;
}

export interface FuzzReport {
  requests: number;
  seconds: number;
  outcomes: ReadonlyMap<string, number>;
  /** After each part of the run, after a full garbage collection. */
  memory: Memory[];
  /** The failure and how to reproduce it; undefined: none. */
  failure: string | undefined;
}

/** Fuzzes one side of a dev server in its own process until something fails. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const startedAt = performance.now();
  const perPart = Math.max(1, Math.ceil(options.requests / PARTS / BATCH_SIZE));
  const memory: Memory[] = [];
  const outcomes = new Map<string, number>();
  let side: FuzzSide | undefined;
  let sent = 0;
  const startSide = async (): Promise<FuzzSide> => {
    side ??= (await SIDES[options.side].start(options.root)) as FuzzSide;
    return side;
  };
  const stopSide = async () => {
    for (const [what, count] of side?.outcomes ?? []) outcomes.set(what, (outcomes.get(what) ?? 0) + count);
    await side?.stop();
    side = undefined;
  };
  let failure: string | undefined;
  try {
    for (let part = 0; part < PARTS && failure === undefined; part += 1) {
      const seed = options.seed + part;
      const { requests } = await startSide();
      // Without fast-check's bias for short lists: a batch has many concurrent requests.
      const batches = fc.noBias(fc.array(requests, { minLength: 1, maxLength: 2 * BATCH_SIZE, size: 'max' }));
      let failedAt: number | undefined;
      const property = fc.asyncProperty(batches, async (batch) => {
        // The time for shrinking is over.
        if (failedAt !== undefined && performance.now() - failedAt > SHRINK_MS) return;
        try {
          await (await startSide()).send(batch);
          sent += batch.length;
        } catch (error) {
          if (failedAt === undefined) options.log(`failed, looking for a smaller example: ${firstLine(error)}`);
          failedAt ??= performance.now();
          // The next case must not be affected by this one.
          await stopSide();
          throw error;
        }
      });
      const details = await fc.check(property, {
        numRuns: perPart,
        seed,
        ...(options.path === undefined ? {} : { path: options.path }),
      });
      if (details.failed) {
        failure =
          `${shorten(details.errorInstance instanceof Error ? details.errorInstance.message : String(details.errorInstance))}\n` +
          `again: npm run fuzz -- --side ${options.side} --seed ${seed} --path ${details.counterexamplePath}`;
      } else if (options.path === undefined && side !== undefined) {
        memory.push(await (side as FuzzSide).dev.settledMemory());
        options.log(
          `${sent} requests, ${mib(memory.at(-1)?.heapUsed)} MiB heap, ${mib(memory.at(-1)?.rss)} MiB resident`,
        );
      }
      if (options.path !== undefined) break;
    }
  } finally {
    await stopSide();
  }
  return { requests: sent, seconds: (performance.now() - startedAt) / 1000, outcomes, memory, failure };
}

function mib(bytes = Number.NaN): string {
  return (bytes / 1024 / 1024).toFixed(1);
}

function firstLine(error: unknown): string {
  return String(error).split('\n')[0]?.slice(0, 300) ?? '';
}

/** Long runs of one character are replaced by their length. */
function shorten(text: string): string {
  return text.replace(/(.)\1{99,}/g, (run, character) => `${character}{${run.length} times}`);
}
