import { pause } from '../../../os/clock.js';
import { handledElsewhere } from '../../../os/debug/debug-log.js';

/** How long the next record of one source is waited for, while another source has one. */
const PATIENCE_MS = 100;

interface Source<T> {
  iterator: AsyncIterator<T>;
  head: T | undefined;
  /** Settles when its next record, or its end, is known. */
  pending: Promise<void> | undefined;
  /** It had nothing when it was last waited for; until it has, the others don't wait for it. */
  dry: boolean;
  over: boolean;
  failure: unknown;
}

/**
 * Merges streams that are each in order of time into one that is. Live streams are so but for records that come more
 * than a moment late.
 */
export async function* mergeByTime<T extends { time: string }>(
  streams: readonly AsyncIterable<T>[],
): AsyncGenerator<T> {
  const sources = streams.map((stream): Source<T> => {
    const iterator = stream[Symbol.asyncIterator]();
    return { iterator, head: undefined, pending: undefined, dry: false, over: false, failure: undefined };
  });
  try {
    for (;;) {
      for (const source of sources) fetchHead(source);
      const failed = sources.find(({ failure }) => failure !== undefined);
      if (failed !== undefined) throw failed.failure;
      const ready = sources.filter(({ head }) => head !== undefined);
      const waiting = sources.filter(({ pending }) => pending !== undefined);
      if (ready.length === 0 && waiting.length === 0) return;
      const patient = ready.length === 0 ? waiting : waiting.filter(({ dry }) => !dry);
      if (patient.length > 0) {
        await waitForOne(patient, ready.length === 0);
        continue;
      }
      const oldest = ready.reduce((a, b) => ((b.head as T).time < (a.head as T).time ? b : a));
      const head = oldest.head as T;
      oldest.head = undefined;
      yield head;
    }
  } finally {
    // Not waited for: a live stream ends only when its next record comes.
    for (const { iterator } of sources) void iterator.return?.().catch(handledElsewhere);
  }
}

function fetchHead<T>(source: Source<T>): void {
  if (source.head !== undefined || source.pending !== undefined || source.over) return;
  const settle = (over: boolean, head: T | undefined, failure?: unknown) => {
    Object.assign(source, { over, head, failure, pending: undefined, dry: false });
  };
  source.pending = source.iterator.next().then(
    (result) => (result.done ? settle(true, undefined) : settle(false, result.value)),
    (error: unknown) => settle(true, undefined, error),
  );
}

/** Waits until one of them has something; if not forever, those that had nothing in time are dry. */
async function waitForOne<T>(sources: readonly Source<T>[], forEver: boolean): Promise<void> {
  const arrival = Promise.race(sources.map(({ pending }) => pending));
  if (forEver) return arrival;
  const over = new AbortController();
  const arrived = await Promise.race([arrival.then(() => true), pause(PATIENCE_MS, over.signal).then(() => false)]);
  over.abort();
  if (!arrived) for (const source of sources) source.dry = true;
}
