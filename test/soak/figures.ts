import type { CourseReport } from './course.js';
import { estimateSlope } from './slope.js';

/** The resources of a dev server at its start, before any backend, and at each rest, after all have ended. */
export interface Sample {
  /** How many backend processes this dev server had started until then. */
  backends: number;
  /** The targets of its open descriptors; undefined if the system does not list them. */
  descriptors: string[] | undefined;
  /** After a full garbage collection. */
  heapBytes: number;
  rssBytes: number;
}

export interface Figure {
  what: string;
  value: string;
  allowed: string;
  isOff: boolean;
  /** Details of a faulty figure. */
  details: readonly string[];
}

/**
 * Descriptors that a dev server opens at first use and keeps, such as those of a standby process or a kept connection.
 */
const OPENED_LATE = 8;
/** Without the start and the first rests: lazily loaded code and caches are in memory after them. */
const WARM_UP_SAMPLES = 3;
/**
 * The newest 1,000 ended backends are remembered, at about 10 kB of heap each (docs/reliability.md), and V8 compiles
 * frequently run code in the meantime. Leaked objects such as sockets' buffers or logs are larger.
 */
const ALLOWED_WHILE_REMEMBERED = { heapBytes: 64 * 1024, rssBytes: 192 * 1024 };
/** Once the newest 1,000 backends and all code are in memory, nothing accumulates. */
const REMEMBERED_BACKENDS = 2_000;
const ALLOWED_LATER = { heapBytes: 1024, rssBytes: 4 * 1024 };
/** The minimum number of samples for a slope. */
const LEAST_SAMPLES = 5;

/** Decides for each figure of a soak whether it is faulty. */
export function judge(report: CourseReport): Figure[] {
  const { doubles, lost, survivors, leftovers, failures, samples } = report;
  return [
    none('double holders', doubles),
    none('lost sessions', lost),
    none('survivors of killed dev servers', survivors),
    none('dev servers that exited unexpectedly', failures),
    none('processes left', leftovers.processes),
    none('containers left', leftovers.containers),
    none('temp files left', leftovers.tempFiles),
    none('ports left', leftovers.ports),
    judgeDescriptors(samples),
    judgeMemory('heap', samples, 'heapBytes'),
    judgeMemory('resident memory', samples, 'rssBytes'),
    {
      what: 'messages answered',
      value: String(report.counts.get('messages') ?? 0),
      allowed: 'at least 1',
      isOff: !report.counts.has('messages'),
      details: [],
    },
  ];
}

function none(what: string, found: readonly string[]): Figure {
  return { what, value: String(found.length), allowed: '0', isOff: found.length > 0, details: found };
}

/** At rest, a dev server has little more open than at its start, because it has no backends and no clients. */
export function hasTooManyDescriptors(samples: readonly Pick<Sample, 'descriptors'>[]): boolean {
  const [first, last] = [samples[0]?.descriptors, samples.at(-1)?.descriptors];
  return first !== undefined && last !== undefined && last.length > first.length + OPENED_LATE;
}

function judgeDescriptors(samples: readonly Sample[]): Figure {
  const what = 'descriptors, start → last rest';
  const [first, last] = [samples[0]?.descriptors, samples.at(-1)?.descriptors];
  // Only Linux lists them; there, no sample at all is a fault of the soak.
  if (first === undefined || last === undefined) {
    return { what, value: 'unknown', allowed: 'as at the start', isOff: samples.length === 0, details: [] };
  }
  const rest = [...first];
  const added = last.filter((each) => !rest.includes(each) || rest.splice(rest.indexOf(each), 1).length === 0);
  const allowed = `<= ${first.length + OPENED_LATE}`;
  const isOff = hasTooManyDescriptors(samples);
  return { what, value: `${first.length} → ${last.length}`, allowed, isOff, details: added };
}

/** Faulty if memory grows with the number of backends by more than is allowed, with a confidence of 99 percent. */
function judgeMemory(name: string, samples: readonly Sample[], of: 'heapBytes' | 'rssBytes'): Figure {
  const late = samples.filter(({ backends }) => backends > REMEMBERED_BACKENDS);
  const [counted, allowed] =
    late.length >= LEAST_SAMPLES ? [late, ALLOWED_LATER] : [samples.slice(WARM_UP_SAMPLES), ALLOWED_WHILE_REMEMBERED];
  const estimate = estimateSlope(counted.map((sample) => ({ x: sample.backends, y: sample[of] })));
  const mb = (sample: Sample | undefined) => (sample === undefined ? '?' : (sample[of] / 1e6).toFixed(1));
  const kb = (bytes: number | undefined) => (bytes === undefined ? 'unknown' : `${(bytes / 1024).toFixed(1)} kB`);
  return {
    what: `${name}, start → last rest; growth per backend`,
    value: `${mb(samples[0])} → ${mb(samples.at(-1))} MB; ${kb(estimate?.slope)}, surely ${kb(estimate?.atLeast)}`,
    allowed: `surely <= ${kb(allowed[of])}`,
    isOff: counted.length < LEAST_SAMPLES || estimate === undefined || estimate.atLeast > allowed[of],
    details: samples.map((sample) => `${mb(sample)} MB after ${sample.backends} backends`),
  };
}
