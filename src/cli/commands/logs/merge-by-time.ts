import { pause } from '../../../os/clock.js';
import { handledElsewhere } from '../../../os/debug/debug-log.js';

/** How long to wait for the next record of one source while another source has one. */
const PATIENCE_MS = 100;

interface Source<T> {
  iterator: AsyncIterator<T>;
  head: T | undefined;
  /** Settles with the next record or the end of the source. */
  pending: Promise<void> | undefined;
  /** Whether the last wait for it timed out. Other sources then don't wait for it until it has a record. */
  dry: boolean;
  over: boolean;
  failure: unknown;
}

/**
 * Merges streams that are each ordered by time into one ordered stream. In live streams, a record that arrives more
 * than a moment late may be out of order.
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
    // Not awaited: a live stream ends only when its next record arrives.
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

/** Waits until a source has a record. With a timeout, sources without a record are marked as dry. */
async function waitForOne<T>(sources: readonly Source<T>[], forEver: boolean): Promise<void> {
  const arrival = Promise.race(sources.map(({ pending }) => pending));
  if (forEver) return arrival;
  const over = new AbortController();
  const arrived = await Promise.race([arrival.then(() => true), pause(PATIENCE_MS, over.signal).then(() => false)]);
  over.abort();
  if (!arrived) for (const source of sources) source.dry = true;
}
